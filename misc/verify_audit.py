#!/usr/bin/env python3
"""Verifies an export of the audit trail with the public key alone.

    portcullis audit key > audit-key.pem
    portcullis audit export --blocks > audit.jsonl
    python3 verify_audit.py audit-key.pem audit.jsonl

Needs the package `cryptography`. The bytes are described in docs/audit.md.
"""

import base64
import datetime
import hashlib
import json
import re
import sys
import uuid

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import load_pem_public_key

ABSENT = (2**64 - 1).to_bytes(8, "big")


def unbase64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def number(value):
    return (value % 2**64).to_bytes(8, "big")


def millis(text):
    at = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return round(at.timestamp() * 1000)


def form(fields):
    """Joins fields: the version byte, then each field with its length before it."""
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


def read_keys(path):
    text = open(path, "rb").read()
    pems = re.findall(b"-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----", text, re.S)
    keys = {}
    for key in map(load_pem_public_key, pems):
        digest = hashlib.sha256(key.public_bytes_raw()).hexdigest()
        keys["au" + digest[:16]] = key
    return keys


def verify(keys, lines):
    """Returns the numbers of verified blocks and rows, and what is wrong."""
    last, waiting, faults, rows = {}, {}, [], 0
    blocks = pruned = 0
    for line in lines:
        item = json.loads(line)
        if "signature" not in item:
            if item["position"] is not None:
                waiting.setdefault(item["chain"], []).append(item)
            continue
        chain, name = item["chain"], f"{item['chain']} block {item['number']}"
        hashed, before, own = block_hash(item), last.get(chain), waiting.pop(chain, [])
        if hashed != unbase64(item["hash"]):
            faults.append(f"{name}: changed")
        try:
            keys[item["kid"]].verify(unbase64(item["signature"]), b"portcullis audit block v1" + unbase64(item["hash"]))
        except KeyError:
            faults.append(f"{name}: unknown key")
        except InvalidSignature:
            faults.append(f"{name}: signature")
        if before is not None:
            if item["number"] != before["number"] + 1:
                faults.append(f"{name}: block {before['number'] + 1} is missing")
            elif item["prev"] != before["hash"]:
                faults.append(f"{name}: does not follow the block before")
        forms = [row_form(row) for row in own]
        digest = hashlib.sha256(b"".join(number(len(part)) + part for part in forms)).digest()
        if not own and item["count"]:
            pruned += 1
        elif digest != unbase64(item["rows"]):
            faults.append(f"{name}: its rows were changed, added or removed")
        last[chain], blocks, rows = item, blocks + 1, rows + len(own)
    faults += [f"{chain} row {row['position']}: belongs to no block" for chain, own in waiting.items() for row in own]
    return blocks, rows, pruned, faults


def main():
    keys = read_keys(sys.argv[1])
    with open(sys.argv[2], encoding="utf-8") as lines:
        blocks, rows, pruned, faults = verify(keys, lines)
    print(f"{blocks} blocks, {rows} rows; {pruned} blocks whose rows were removed")
    for fault in faults:
        print(fault)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
