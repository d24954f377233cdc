#!/usr/bin/env python3
"""Packs the program as a Python wheel, and prints its path: packaging/wheel.py PROGRAM FOLDER [ARCHITECTURE]

The wheel has no Python in it: an installation copies the program to the folder of the environment's commands. It is static, so one
wheel serves distributions with glibc and with musl.
"""

import base64
import hashlib
import pathlib
import platform
import subprocess
import sys
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
# The name `portcullis` belongs to another project on PyPI. The command has no suffix.
NAME = "portcullis_server"

METADATA = """\
Metadata-Version: 2.4
Name: portcullis-server
Version: {version}
Summary: Self-hosted server for user accounts, as one program
License-Expression: MIT
License-File: LICENSE
License-File: LICENSE-breached-passwords.md
Keywords: authentication,accounts,login,jwt,server
Classifier: Environment :: Console
Classifier: Operating System :: POSIX :: Linux
Classifier: Programming Language :: Rust
Requires-Python: >=3.8
Description-Content-Type: text/markdown

# Portcullis

Self-hosted server for user accounts: sign-up with verified email addresses, login with signed tokens, refresh, logout, password
reset, phone verification. This package contains the program `portcullis`.

```sh
uvx --from portcullis-server portcullis      # or: pipx run --spec portcullis-server portcullis
```

Without settings it is a development server on <http://localhost:8000>, which shows emails at `/dev/mailbox`.
"""


def record(name: str, content: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return f"{name},sha256={digest},{len(content)}\n"


def main(program: str, folder: str, architecture: str = platform.machine()) -> None:
    version = subprocess.check_output([ROOT / "packaging/version.sh"], text=True).strip()
    tag = f"manylinux_2_17_{architecture}.manylinux2014_{architecture}.musllinux_1_1_{architecture}"
    info = f"{NAME}-{version}.dist-info"
    tags = "".join(f"Tag: py3-none-{one}\n" for one in tag.split("."))
    wheel = f"Wheel-Version: 1.0\nGenerator: portcullis ({version})\nRoot-Is-Purelib: false\n{tags}"
    files = {
        f"{NAME}-{version}.data/scripts/portcullis": pathlib.Path(program).read_bytes(),
        f"{info}/licenses/LICENSE": (ROOT / "LICENSE").read_bytes(),
        f"{info}/licenses/LICENSE-breached-passwords.md": (
            ROOT / "crates/core/src/account/password/breached.md"
        ).read_bytes(),
        f"{info}/METADATA": METADATA.format(version=version).encode(),
        f"{info}/WHEEL": wheel.encode(),
    }
    lines = "".join(record(name, content) for name, content in files.items())
    files[f"{info}/RECORD"] = f"{lines}{info}/RECORD,,\n".encode()

    path = pathlib.Path(folder, f"{NAME}-{version}-py3-none-{tag}.whl")
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in files.items():
            # Without a date, so that the wheel is reproducible.
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o100755 if name.endswith("scripts/portcullis") else 0o100644) << 16
            archive.writestr(entry, content)
    print(path)


main(*sys.argv[1:])
