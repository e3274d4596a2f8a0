# Serves bge-small-en-v1.5 from its jar behind POST /v1/embeddings, on a free
# port of loopback, which it prints. It ends when its standard input ends.
import json
import sys
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
from onnxruntime import InferenceSession
from tokenizers import Tokenizer

NAME = "bge-small-en-v1.5"
with zipfile.ZipFile(sys.argv[1]) as jar:
    tokenizer = Tokenizer.from_str(jar.read(NAME + "-tokenizer.json").decode())
    session = InferenceSession(jar.read(NAME + ".onnx"))
tokenizer.no_padding()
tokenizer.enable_truncation(512)


def embed(text):
    ids = np.array([tokenizer.encode(text).ids])
    states = session.run(None, {
        "input_ids": ids,
        "attention_mask": np.ones_like(ids),
        "token_type_ids": np.zeros_like(ids),
    })[0][0]
    first = states[0]  # the model is trained to put the sentence there
    return [float(x) for x in first / np.linalg.norm(first)]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        texts = request["input"] if isinstance(request["input"], list) else [request["input"]]
        data = [{"object": "embedding", "index": i, "embedding": embed(t)} for i, t in enumerate(texts)]
        body = json.dumps({"object": "list", "model": NAME, "data": data}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_port, flush=True)
sys.stdin.read()
