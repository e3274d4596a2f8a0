# Compares the test vectors of the wire protocol with Python's own encoders.
import base64
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
print(checked)
