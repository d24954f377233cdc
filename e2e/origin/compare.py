"""Sends every request to the framework of the original service and to Portcullis, and compares which of them accepts it.

    compare.py BASE DOCUMENT [--update]

BASE is a running Portcullis with a development mailbox. DOCUMENT is the page with the table of differences, which must be fresh;
`--update` writes it. Each difference has its reason in reasons.py.
"""

import itertools
import json
import re
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from pathlib import Path

from reasons import REASONS
from shapes import PASSWORD, SHAPES, Account

HERE = Path(__file__).parent
BEGIN, END = "<!-- differences: `make test-clients` checks this table. -->\n", "<!-- end -->"


def send(port, raw):
    """Sends the request unchanged. Returns the status of the response, or 0 if there is none."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as stream:
        stream.sendall(raw)
        answer = b""
        while chunk := stream.recv(65536):
            answer += chunk
            # Interim responses are not the final response.
            while answer.startswith(b"HTTP/1.1 100") and b"\r\n\r\n" in answer:
                answer = answer.split(b"\r\n\r\n", 1)[1]
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/") else 0


class Portcullis:
    def __init__(self, base):
        self.base, self.port = base, urllib.parse.urlsplit(base).port
        self.numbers = itertools.count()
        self.email = "john.doe@example.com"
        self.create(self.email)
        self.get(f"verify?token={self.link('verify', self.email)}")
        tokens = self.post("login", urllib.parse.urlencode({"username": self.email, "password": PASSWORD}).encode())
        self.access_token = tokens["access_token"]
        me = urllib.request.Request(f"{self.base}/User1/me", headers={"authorization": f"Bearer {self.access_token}"})
        self.id = json.load(urllib.request.urlopen(me))["id"]

    def get(self, path):
        return urllib.request.urlopen(f"{self.base}/User1/{path}").read()

    def post(self, path, body, kind="application/x-www-form-urlencoded"):
        request = urllib.request.Request(f"{self.base}/User1/{path}", body, {"content-type": kind}, method="POST")
        return json.load(urllib.request.urlopen(request))

    def create(self, email):
        user = dict(first_name="John", last_name="Doe", email=email, phone="+441632960001", country_code="GB", password=PASSWORD)
        self.post("create", json.dumps(user).encode(), "application/json")

    def fresh(self):
        return f"person{next(self.numbers)}@example.com"

    def messages(self, wanted):
        for _ in range(600):
            found = [message for message in json.load(urllib.request.urlopen(f"{self.base}/dev/mailbox.json")) if wanted(message)]
            if found:
                return found
            time.sleep(0.05)
        raise RuntimeError("no such message")

    def link(self, kind, email):
        def links(message):
            return [link for link in message["links"] if f"/{kind}?" in link] if message["to"] == email else []

        link = links(self.messages(links)[0])[0]
        return urllib.parse.parse_qs(urllib.parse.urlsplit(link).query)["token"][0]

    def new_link(self, kind):
        email = self.fresh()
        self.create(email)
        if kind == "verify":
            return self.link(kind, email)
        self.get(f"verify?token={self.link('verify', email)}")
        self.get(f"forget_password?email={email}")
        return self.link(kind, email)

    def new_code(self):
        seen = {message["id"] for message in json.load(urllib.request.urlopen(f"{self.base}/dev/mailbox.json"))}
        answer = self.post("otp_phone", json.dumps({"id": self.id, "phone": "+441632960001"}).encode(), "application/json")
        message = self.messages(lambda message: message["channel"] == "sms" and message["id"] not in seen)[0]
        return answer["otp"], message["code"]

    def account(self):
        return Account(self.id, self.email, self.access_token, self.fresh, self.new_link, self.new_code)


def origin(port):
    command = [sys.executable, "-m", "uvicorn", "app:app", "--port", str(port), "--http", "httptools", "--log-level", "critical"]
    server = subprocess.Popen(command, cwd=HERE)
    for _ in range(600):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/openapi.json")
            return server
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("the framework does not start")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def compare(base):
    """Returns the name, the status of the framework and the status of Portcullis for each request."""
    here, port = Portcullis(base), free_port()
    there = Account("1", "john.doe@example.com", "x", lambda: "person@example.com", lambda _: "x", lambda: ("x", "012345"))
    server = origin(port)
    try:
        return [(name, send(port, make(there)), send(here.port, make(here.account()))) for name, make in SHAPES.items()]
    finally:
        server.terminate()
        server.wait()


def accepted(status):
    return 200 <= status < 400


def main():
    base, document, *options = sys.argv[1:]
    results = compare(base)
    different = {name: (a, b) for name, a, b in results if accepted(a) != accepted(b)}
    for name in different.keys() - REASONS.keys():
        print(f"no reason for the difference: {name}: {different[name]}")
    for name in REASONS.keys() - different.keys():
        print(f"a reason without a difference: {name}: {[(a, b) for other, a, b in results if other == name]}")
    if different.keys() != REASONS.keys():
        return 1
    rows = [f"| {name} | {a} | {b} | {REASONS[name]} |" for name, (a, b) in different.items()]
    head = f"{len(results)} requests were compared; {len(rows)} are treated differently.\n\n"
    head += "| request | framework | Portcullis | reason |\n|---|---|---|---|\n"
    page = Path(document).read_text()
    fresh = re.sub(re.escape(BEGIN) + ".*?" + re.escape(END), lambda _: BEGIN + "\n" + head + "\n".join(rows) + "\n\n" + END, page, flags=re.S)
    if "--update" in options:
        Path(document).write_text(fresh)
    elif fresh != page:
        print(f"{document} is out of date: run misc/test-clients.sh update")
        return 1
    print(f"{len(results)} requests, {len(rows)} differences")
    return 0


if __name__ == "__main__":
    sys.exit(main())
