#!/usr/bin/env python3
"""Counts the instructions per request with callgrind: misc/instructions.py PROGRAM PROFILE

Unlike times, these counts hardly depend on the load of the machine, so they show the cost of a change. PROGRAM is the binary
of the cargo profile PROFILE. It uses SQLite in an empty folder and the default settings, except for password hashing: Argon2
at its minimum (8 KiB, one pass), since the default would dominate a login.

- read:    GET /User1/?id=… with an access token
- login:   POST /User1/login
- refresh: POST /User1/token with a refresh token

Each request is sent in batches over one connection. The result is the median of the batches without the first, which is a
warm-up. The instructions of background tasks (polling of the outbox and the change log) are measured while the server is
idle, and subtracted. Two runs differ by about 1 %.

The figures are compared with misc/instructions.txt. A change of more than 3 % is an error, unless UPDATE=1 writes the new
figures. The commit that causes the change names it. Only figures of the same compiler and processor are comparable. Needs
Debian's valgrind.

To attribute the instructions to functions, build a binary with names and keep the dumps for callgrind_annotate:

    CARGO_PROFILE_RELEASE_STRIP=none CARGO_PROFILE_RELEASE_DEBUG=line-tables-only cargo build --release
    KEEP=/tmp/dumps misc/instructions.py target/release/portcullis release
"""

import http.client
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path

KEPT = Path(__file__).resolve().parent / "instructions.txt"
TOLERANCE = 0.03
BATCHES = 7
# Number of requests per batch.
SIZES = {"read": 300, "login": 100, "refresh": 200}
# The limit is 60 refreshes of a session per minute.
REFRESHES_PER_SESSION = 50

EMAIL, PASSWORD = "john@example.com", "securepassword123"
PERSON = {
    "first_name": "John", "last_name": "Doe", "email": EMAIL,
    "phone": "+1234567890", "country_code": "US", "password": PASSWORD,
}
SETTINGS = {
    "ARGON2_MEMORY_KIB": "8",
    "ARGON2_ITERATIONS": "1",
    "JWT_SECRET": "a-secret-for-the-count-of-instructions",
    "ENCRYPTION_KEY": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
    # One thread, because the distribution of work among threads is random.
    "TOKIO_WORKER_THREADS": "1",
    # Requests take long under callgrind.
    "REQUEST_TIMEOUT": "5m",
    "HEADER_TIMEOUT": "5m",
}


class Server:
    """The program under callgrind."""

    def __init__(self, program, folder):
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        out = folder / "callgrind.out"
        command = ["valgrind", "--quiet", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={out}", program]
        settings = SETTINGS | {"PORT": str(self.port), "PATH": os.environ["PATH"]}
        with (folder / "log").open("w") as log:
            self.process = subprocess.Popen(command, cwd=folder, env=settings, stdout=log, stderr=log)
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        self.dumps = 0

    def wait_until_ready(self):
        for _ in range(600):
            if self.process.poll() is not None:
                break
            try:
                return self.send("GET", "/readyz")
            except OSError:
                self.connection.close()
                time.sleep(0.1)
        sys.exit("the program failed to start:\n" + (self.folder / "log").read_text())

    def send(self, method, path, form=None, body=None, token=None):
        headers = {}
        if form is not None:
            body, headers["Content-Type"] = urllib.parse.urlencode(form), "application/x-www-form-urlencoded"
        elif body is not None:
            body, headers["Content-Type"] = json.dumps(body), "application/json"
        if token:
            headers["Authorization"] = "Bearer " + token
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            sys.exit(f"{method} {path}: {answer.status} {text.decode()}")
        return text

    def control(self, *arguments):
        command = ["callgrind_control", *arguments, str(self.process.pid)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def count(self):
        """Returns the instructions since the last count."""
        self.dumps += 1
        self.control("--dump")
        dump = self.folder / f"callgrind.out.{self.dumps}"
        for _ in range(300):
            text = dump.read_text() if dump.exists() else ""
            if total := re.search(r"^totals: (\d+)", text, re.MULTILINE):
                return int(total[1])
            time.sleep(0.1)
        sys.exit("callgrind wrote no counts")

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Client:
    """A client with an account and sessions."""

    def __init__(self, server):
        self.server = server
        created = json.loads(server.send("POST", "/User1/create", body=PERSON))
        self.id = created["id"]
        for _ in range(600):
            mails = json.loads(server.send("GET", "/dev/mailbox.json"))
            links = [link for mail in mails for link in mail["links"] if "/verify?token=" in link]
            if links:
                break
            time.sleep(0.1)
        server.send("GET", links[0].partition(f":{server.port}")[2])
        self.pairs = [self.login()]

    def login(self):
        return json.loads(self.server.send("POST", "/User1/login", form={"username": EMAIL, "password": PASSWORD}))

    def read(self):
        self.server.send("GET", f"/User1/?id={self.id}", token=self.pairs[0]["access_token"])

    def refresh(self):
        """Refreshes the next session."""
        pair = self.pairs.pop(0)
        form = {"grant_type": "refresh_token", "refresh_token": pair["refresh_token"]}
        self.pairs.append(json.loads(self.server.send("POST", "/User1/token", form=form)))

    def open_sessions(self, number):
        self.pairs = [self.login() for _ in range(number)]


def idle_rate(server):
    """Returns the instructions per second of a server without requests."""
    server.count()
    begun = time.monotonic()
    time.sleep(10)
    return server.count() / (time.monotonic() - begun)


def measure(server, client, verb, idle):
    request, size, counts = getattr(client, verb), SIZES[verb], []
    for batch in range(BATCHES + 1):
        client.open_sessions(size // REFRESHES_PER_SESSION if verb == "refresh" else 1)
        server.count()
        begun = time.monotonic()
        for _ in range(size):
            request()
        took = time.monotonic() - begun
        count = (server.count() - idle * took) / size
        # The first batch is the warm-up.
        if batch:
            counts.append(count)
    median = statistics.median(counts)
    spread = max(abs(count - median) for count in counts) / median
    print(f"{verb:8} {median:12,.0f}   batches within {100 * spread:.1f} %", flush=True)
    return round(median)


def run(program):
    folder = Path(os.environ.get("KEEP") or tempfile.mkdtemp(prefix="portcullis-instructions."))
    folder.mkdir(parents=True, exist_ok=True)
    server = Server(program, folder)
    try:
        server.wait_until_ready()
        client = Client(server)
        server.control("--instr=on")
        idle = idle_rate(server)
        print(f"idle     {idle:12,.0f}   a second, subtracted", flush=True)
        return {verb: measure(server, client, verb, idle) for verb in SIZES}
    finally:
        server.stop()
        if "KEEP" not in os.environ:
            shutil.rmtree(folder)


def kept():
    """Returns the figures of the file by profile and operation."""
    lines = KEPT.read_text().splitlines() if KEPT.exists() else []
    fields = [line.split() for line in lines if line and not line.startswith("#")]
    return {(profile, verb): int(count) for profile, verb, count in fields}


def keep(figures):
    tools = [subprocess.run([tool, "--version"], check=True, capture_output=True, text=True).stdout.split("\n")[0]
             for tool in ("rustc", "valgrind")]
    lines = [
        "# Instructions per request: profile, request, count. `make instructions UPDATE=1` writes this file.",
        f"# {', '.join(tools)}, {os.uname().machine}",
        *(f"{profile:8} {verb:8} {count:9}" for (profile, verb), count in sorted(figures.items())),
    ]
    KEPT.write_text("\n".join(lines) + "\n")


def main():
    program, profile = str(Path(sys.argv[1]).resolve()), sys.argv[2]
    if not shutil.which("valgrind"):
        sys.exit("valgrind is missing: apt-get install valgrind")
    before, now = kept(), run(program)
    changed = []
    for verb, count in now.items():
        if (old := before.get((profile, verb))) is None:
            print(f"{profile} {verb}: {count:,}, new")
            continue
        change = count / old - 1
        print(f"{profile} {verb}: {old:,} before, {count:,} now, {100 * change:+.1f} %")
        if abs(change) > TOLERANCE:
            changed.append(f"{verb} {100 * change:+.1f} %")
    if os.environ.get("UPDATE"):
        keep(before | {(profile, verb): count for verb, count in now.items()})
    elif changed:
        sys.exit(f"changed by more than {100 * TOLERANCE:.0f} %: {', '.join(changed)}. "
                 "Name the change in the commit that causes it, and write the new figures with UPDATE=1.")


if __name__ == "__main__":
    main()
