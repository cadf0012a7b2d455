"""A server of one document that is read with an ETag and written under If-Match (RFC 9110), for the store that keeps flags
behind https://.

It prints {"port": PORT, "process": ID} as one line of JSON and ends when its standard input is closed or after half an
hour. What it takes as a token is "Bearer TOKEN"; where TOKEN is "-" it asks nobody for one. PUT needs If-Match, as
careful services do: 428 without it, 412 where it is stale.

As real servers do (real_documents.py starts them): --careless takes every change, whatever it depends on, as nginx does;
--weak-first has a weak tag for a second after each change, as Apache; --unstored forbids caches to keep it.

  document_server.py TOKEN [--weak | --weak-first | --untagged | --careless] [--read-only] [--unstored]
"""

import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LIFETIME = 1800
words = sys.argv[1:]
held = {"body": b'{"flags": {}}', "edition": 1, "puts": 0, "changed": 0.0}


class Document(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def reply(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def tag(self):
        is_young = "--weak-first" in words and time.monotonic() - held["changed"] < 1
        return ("W/" if "--weak" in words or is_young else "") + f'"{held["edition"]}"'

    def allowed(self):
        return words[0] == "-" or self.headers.get("Authorization") == f"Bearer {words[0]}"

    def do_GET(self):
        if not self.allowed():
            return self.reply(401, b'{"message": "who are you?"}')
        kept = [("Cache-Control", "no-store")] if "--unstored" in words else []
        self.reply(200, held["body"], kept + ([] if "--untagged" in words else [("ETag", self.tag())]))

    def do_PUT(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        held["puts"] += 1
        if not self.allowed() or "--read-only" in words:
            return self.reply(403)
        wanted = self.headers.get("If-Match")
        is_free = "--untagged" in words or "--careless" in words
        if not is_free and wanted != self.tag():
            return self.reply(428 if wanted is None else 412)
        json.loads(body)
        held.update(body=body, edition=held["edition"] + 1, changed=time.monotonic())
        self.reply(204)


server = ThreadingHTTPServer(("127.0.0.1", 0), Document)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(json.dumps({"port": server.server_port, "process": os.getpid()}), flush=True)
watch = threading.Thread(target=sys.stdin.read, daemon=True)
watch.start()
watch.join(LIFETIME)
os._exit(0)
