#!/usr/bin/env python3
"""Generates crates/core/src/account/password/breached.txt: the most common breached passwords.

Needs pip, which downloads Django into a temporary folder. The licence of the list is in
crates/core/src/account/password/breached.md.
"""

import gzip
import subprocess
import sys
import tempfile
from pathlib import Path

DJANGO = "5.2.19"
LIST = "django/contrib/auth/common-passwords.txt.gz"
SHORTEST = 8
# The documentation uses this password, so a later version of the list must not contain it.
NEVER_LISTED = "securepassword123"
OUTPUT = Path(__file__).resolve().parent.parent / "crates/core/src/account/password/breached.txt"


def common_passwords():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
             "--root-user-action=ignore", "--no-deps", "--only-binary=:all:",
             "--target", folder, f"Django=={DJANGO}"],
            check=True,
        )
        with gzip.open(Path(folder) / LIST, "rt", encoding="utf-8") as lines:
            return [line.strip() for line in lines]


def main():
    kept = {password.lower() for password in common_passwords()}
    kept = {password for password in kept if len(password) >= SHORTEST}
    assert "password" in kept and "12345678" in kept
    assert NEVER_LISTED not in kept

    # Sorted by UTF-8 bytes, because breached.rs searches the list by bytes.
    passwords = sorted(password.encode() for password in kept)
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_bytes(b"\n".join(passwords) + b"\n")
    print(f"{len(passwords)} passwords")


if __name__ == "__main__":
    main()
