# Compares the test vectors of the wire protocol with Python's own encoders.
import base64
import hashlib
import json
import sys

folder, checked = sys.argv[1], 0
for v in json.load(open(folder + "/ids.json", encoding="utf-8")):
    parts = [p.replace("%", "%25").replace("/", "%2F") for p in v["parts"]]
    assert v["prefix"] + ":" + "/".join(parts) == v["id"], v
    checked += 1
for v in json.load(open(folder + "/deps.json", encoding="utf-8")):
    text = json.dumps(v["deps"], ensure_ascii=False, separators=(",", ":"))
    assert text == v["text"], v
    header = base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()
    assert header == v["header"], v
    checked += 1
for v in json.load(open(folder + "/scope.json", encoding="utf-8")):
    pairs = sorted([d["dep_id"], d["expected_hash"]] for d in v["deps"])
    text = json.dumps([pairs, v["more"]], ensure_ascii=False, separators=(",", ":"))
    assert text == v["text"], v
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:10], "big")
    letters = ["0123456789abcdefghjkmnpqrstvwxyz"[number >> bit & 31] for bit in range(75, -5, -5)]
    assert "[cache scope " + "".join(letters) + "]" == v["line"], v
    checked += 1
print(checked)
