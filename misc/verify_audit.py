#!/usr/bin/env python3
"""Verifies an export of the audit trail with the public key alone.

    portcullis audit key > audit-key.pem
    portcullis audit export --blocks > audit.jsonl
    python3 verify_audit.py audit-key.pem audit.jsonl

Finds what `portcullis audit verify` finds in a file, and prints a line for each fault: its name, the chain and the number of the
block. Needs the package `cryptography`. The bytes and the faults are described in docs/audit.md.
"""

import argparse
import base64
import datetime
import hashlib
import json
import re
import sys
import time
import uuid

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

ABSENT = (2**64 - 1).to_bytes(8, "big")
CHAINS = ("main", "reads")
ACTORS = ("user", "admin", "key", "cli", "server", "anonymous")
# By how much rows may be older than those of the block before, in milliseconds.
LATE = 300_000
DAY = 24 * 3600 * 1000


def unbase64(text):
    decoded = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if base64.urlsafe_b64encode(decoded).decode().rstrip("=") != text:
        raise ValueError("not base64url without padding")
    return decoded


def number(value):
    return (value % 2**64).to_bytes(8, "big")


def millis(text):
    at = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return round(at.timestamp() * 1000)


def form(fields):
    """Returns the version byte followed by each field with a length prefix."""
    parts = [b"\x01"]
    for field in fields:
        field = field.encode() if isinstance(field, str) else field
        parts.append(ABSENT if field is None else number(len(field)) + field)
    return b"".join(parts)


def row_form(row):
    actor, sealed = row["actor"], row["sealed"]
    details = json.dumps(row["details"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    sealed = [None if sealed[name] is None else unbase64(sealed[name]) for name in ("client", "note")]
    return form(
        [number(row["position"]), uuid.UUID(row["id"]).bytes, number(millis(row["at"])), row["realm"], row["event"]]
        + [row["outcome"], row["reason"], row["rule"], f"{actor['kind']}:{actor['id'] or ''}", row["user"], row["index"]]
        + [row["session"], row["request_id"], row["node"], details, *sealed, number(row["count"])]
    )


def block_hash(block):
    numbers = [number(block[name]) for name in ("epoch", "number", "first", "last", "count")]
    times = [number(millis(block[name])) for name in ("from", "to")]
    digests = [unbase64(block[name]) for name in ("rows", "prev")]
    return hashlib.sha256(form([block["chain"], *numbers, *times, *digests])).digest()


def kid_of(public):
    return "au" + hashlib.sha256(public).hexdigest()[:16]


def read_keys(path):
    """Returns the keys of a file, oldest first."""
    text = open(path, "rb").read()
    pems = re.findall(b"-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----", text, re.S)
    return {kid_of(key.public_bytes_raw()): key for key in map(load_pem_public_key, pems)}


def read_checkpoints(lines):
    """Returns what logs say: for each chain and number the pairs of epoch and hash."""
    points = {}
    for line in lines:
        if "audit block sealed" in line:
            names = ("chain", "number", "epoch", "hash")
            found = [re.search(rf'(?<![\w-]){name}["=: ]+([\w-]+)', line) for name in names]
            try:
                chain, number, epoch, hashed = [value[1] for value in found]
                point = (int(epoch), unbase64(hashed))
                points.setdefault((chain, int(number)), set()).add(point)
            except (TypeError, ValueError):
                continue
    return points


class Chain:
    """What is known about a chain."""

    def __init__(self, name):
        self.name = name
        self.first = self.last = None
        # The newest key that has signed a block, or that such a block announces.
        self.signer = None
        # Blocks without their rows, with the time when they were over.
        self.without = []
        # Times at which rows were removed, by the last block, as verified rows say.
        self.claims = []


class Verifier:
    def __init__(self, keys, first, checkpoints, retention, now):
        self.keys, self.first, self.checkpoints, self.retention, self.now = keys, first, checkpoints, retention, now
        self.chains = {name: Chain(name) for name in CHAINS}
        self.waiting = {name: [] for name in CHAINS}
        self.faults, self.blocks, self.rows, self.unsealed, self.lines = [], 0, 0, 0, 0
        self.is_ended = self.is_open_ended = False
        # Blocks of `reads`, from the first one by an unknown key on, which `main` may announce later.
        self.deferred = []
        for (name, block), points in checkpoints.items():
            if len({epoch for epoch, _ in points}) < len(points):
                self.found("fork", name, block)

    def found(self, fault, chain, block):
        self.faults.append((fault, chain, block))

    def take(self, item):
        if self.is_ended:
            sys.exit("a line after the end line")
        if "export" in item:
            if self.lines > 0:
                sys.exit("a head line that is not the first line")
            if item["from"] or item["to"]:
                # A part begins after the blocks whose rows retention has removed.
                print(f"the file says that it is a part, from {item['from'] or '…'} to {item['to'] or '…'}")
                self.first = None if self.first == 1 else self.first
                self.is_open_ended = bool(item["to"])
        elif "end" in item:
            self.is_ended = item["lines"] == self.lines
        elif "signature" in item:
            rows, self.waiting[item["chain"]] = self.waiting[item["chain"]], []
            if self.first is None or item["number"] >= self.first:
                self.block(item, rows)
        elif item["position"] is None:
            self.unsealed += 1
        else:
            self.waiting[item["chain"]].append(item)
        self.lines += 1

    def block(self, block, rows):
        chain, number_, before = self.chains[block["chain"]], block["number"], len(self.faults)
        self.blocks, self.rows = self.blocks + 1, self.rows + len(rows)
        self.check_place(chain, block)
        self.check_signature(block)
        self.check_rows(block, rows)
        for epoch, hashed in sorted(self.checkpoints.get((chain.name, number_), ())):
            if epoch >= block["epoch"] and hashed != unbase64(block["hash"]):
                self.found("rewritten" if epoch == block["epoch"] else "fork", chain.name, number_)
                break
        # The server writes both kinds of rows to this chain only.
        if chain.name == "main" and len(self.faults) == before:
            for row in rows:
                self.take_announcement(block["kid"], row["event"], row["details"])
                self.take_claim(row["event"], row["details"], millis(row["at"]))
        if not rows and block["count"] > 0:
            chain.without.append({"number": number_, "end": None})
        # A block that ends in the future is misdated: the next one tells that it is over.
        if millis(block["to"]) <= self.now:
            for one in reversed(chain.without):
                if one["end"] is not None:
                    break
                one["end"] = millis(block["to"])
        chain.first = number_ if chain.first is None else chain.first
        chain.last = block

    def check_place(self, chain, block):
        last, number_ = chain.last, block["number"]
        if last is None:
            begins = unbase64(block["prev"]) == bytes(32) and block["first"] == 1 and block["epoch"] == 1
            if self.first is not None and number_ > self.first:
                self.found("block_removed", chain.name, self.first)
            elif number_ == 0 or (number_ == 1 and not begins):
                self.found("block_order", chain.name, number_)
            return
        is_epoch = block["epoch"] == last["epoch"] + 1 and block["count"] == 0
        follows = block["prev"] == last["hash"] and block["first"] == last["last"] + 1
        if number_ == last["number"] and block["hash"] != last["hash"]:
            self.found("fork", chain.name, number_)
        elif number_ <= last["number"]:
            self.found("block_order", chain.name, number_)
        elif number_ > last["number"] + 1:
            self.found("block_removed", chain.name, last["number"] + 1)
        elif not follows or (block["epoch"] != last["epoch"] and not is_epoch):
            self.found("block_order", chain.name, number_)
        elif millis(last["to"]) - millis(block["from"]) > LATE:
            self.found("backdated", chain.name, number_)
        elif is_epoch:
            print(f"{chain.name}: block {number_} opens epoch {block['epoch']}: the database was restored from a backup")

    def check_signature(self, block):
        if block_hash(block) != unbase64(block["hash"]):
            self.found("block_changed", block["chain"], block["number"])
        elif block["chain"] == "main" or (block["kid"] in self.keys and not self.deferred):
            self.check_key(block)
        else:
            self.deferred.append(block)

    def check_key(self, block):
        """The key must be known. After a later key, an earlier one signs no more: it may have been stolen."""
        chain, kids = self.chains[block["chain"]], list(self.keys)
        oldest = kids.index(chain.signer) if chain.signer else 0
        if block["kid"] not in kids[oldest:]:
            return self.found("key", chain.name, block["number"])
        try:
            message = b"portcullis audit block v1" + unbase64(block["hash"])
            self.keys[block["kid"]].verify(unbase64(block["signature"]), message)
            chain.signer = block["kid"]
        except InvalidSignature:
            self.found("signature", chain.name, block["number"])

    def take_announcement(self, signer, event, said):
        """Trusts a new key that the key of the block has signed. Attackers with the database can add any row."""
        try:
            if event != "audit_key_changed" or said["by"] != signer:
                return
            public, signature = unbase64(said["public_key"]), unbase64(said["signature"])
            self.keys[signer].verify(signature, b"portcullis audit key v1" + public)
            key = Ed25519PublicKey.from_public_bytes(public)
        except (KeyError, TypeError, ValueError, InvalidSignature):
            return
        kid, known = kid_of(public), list(self.keys.items())
        if kid not in self.keys:
            known.insert(list(self.keys).index(signer) + 1, (kid, key))
        self.keys, self.chains["main"].signer = dict(known), kid

    def take_claim(self, event, said, at):
        """Remembers which rows retention has removed."""
        if event == "audit_pruned" and isinstance(said, dict) and said.get("chain") in CHAINS:
            if type(said.get("block")) is int and said["block"] >= 0:
                self.chains[said["chain"]].claims.append((said["block"], at))

    def check_rows(self, block, rows):
        if not rows and block["count"] > 0:
            return
        forms = [row_form(row) for row in rows]
        digest = hashlib.sha256(b"".join(number(len(part)) + part for part in forms)).digest()
        fault = None
        if digest != unbase64(block["rows"]):
            words = ("row_changed", "row_added", "row_removed")
            # 0, 1 or -1.
            fault = words[(len(rows) > block["count"]) - (len(rows) < block["count"])]
        # `kind:id` could be divided at another colon, and an empty identifier has the form of none.
        elif any(row["actor"]["kind"] not in ACTORS or row["actor"]["id"] == "" for row in rows):
            fault = "row_changed"
        if fault:
            self.found(fault, block["chain"], block["number"])

    def finish(self):
        for block in self.deferred:
            self.check_key(block)
        last = self.chains["main"].last
        if not self.is_ended:
            self.found("truncated", "main", last["number"] if last else 0)
        for name, chain in self.chains.items():
            last = chain.last["number"] if chain.last else 0
            for _ in self.waiting[name]:
                self.found("row_added", name, last)
        for name, chain in self.chains.items():
            self.check_missing(chain)
            last, epoch = (chain.last["number"], chain.last["epoch"]) if chain.last else (0, 0)
            later = [
                block
                for (of, block), points in self.checkpoints.items()
                if of == name and block > last and any(point >= epoch for point, _ in points)
            ]
            if later and not self.is_open_ended:
                self.found("cut_off", name, min(later))
            if chain.last:
                print(f"{name}: blocks {chain.first} to {last}")

    def check_missing(self, chain):
        """Rows may be missing if a verified row says that they were removed, and if they were old enough at that time."""
        latest, claims = {}, sorted(chain.claims, reverse=True)
        at, gap, pruned = None, None, None
        for one in reversed(chain.without):
            while claims and claims[0][0] >= one["number"]:
                at = max(at or 0, claims.pop(0)[1])
            latest[one["number"]] = at and min(at, self.now)
        for one in chain.without:
            at = latest[one["number"]]
            if at is not None and one["end"] is not None and one["end"] + self.retention[chain.name] <= at:
                pruned = one["number"]
                continue
            if gap != one["number"]:
                self.found("row_removed", chain.name, one["number"])
            gap = one["number"] + 1
        if pruned is not None:
            print(f"{chain.name}: rows up to block {pruned} were removed by retention")


def main():
    parser = argparse.ArgumentParser(description="Verifies an export of the audit trail with the public key alone.")
    parser.add_argument("key", help="file with the trusted keys, oldest first, as printed by `portcullis audit key`")
    parser.add_argument("export", help="file written by `portcullis audit export --blocks`")
    parser.add_argument("--from", dest="first", type=int, default=1, help="number of the first block")
    parser.add_argument("--checkpoints", help="log of a server, whose lines `audit block sealed` are compared")
    days = lambda text: int(text.removesuffix("d"))
    parser.add_argument("--retention", type=days, default="400d", help="shortest AUDIT_RETENTION ever set, in days")
    parser.add_argument("--retention-reads", type=days, default="90d", help="the same of AUDIT_RETENTION_READS")
    given = parser.parse_args()
    points = {}
    if given.checkpoints:
        with open(given.checkpoints, encoding="utf-8", errors="replace") as lines:
            points = read_checkpoints(lines)
    retention = {"main": given.retention * DAY, "reads": given.retention_reads * DAY}
    verifier = Verifier(read_keys(given.key), given.first, points, retention, time.time() * 1000)
    with open(given.export, encoding="utf-8") as lines:
        for line in lines:
            verifier.take(json.loads(line))
    verifier.finish()
    if verifier.unsealed:
        print(f"{verifier.unsealed} rows are not sealed yet, and not verified")
    for fault in verifier.faults:
        print(*fault)
    word = "NOT intact" if verifier.faults else "intact"
    print(f"{verifier.blocks} blocks with {verifier.rows} rows: {word}")
    sys.exit(1 if verifier.faults else 0)


if __name__ == "__main__":
    main()
