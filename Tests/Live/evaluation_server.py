"""An evaluation server: OpenFeature's remote protocol (OFREP 0.3.0), in front of the real flagd provider in file mode.

  evaluation_server.py FILE [DEADLINE_MS]     DEADLINE_MS is how often the provider looks at the file; 50 if not given

It prints {"port": N}, listens on the loopback interface, and ends when its standard input is closed or after half an
hour. EVALUATION_TOKEN in the environment is what it wants as a bearer token; without it nobody is asked for one.
`GET /seen` shows every request for an evaluation so far: path, content type and body.
"""

import json
import logging
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

from openfeature import api
from openfeature.contrib.provider.flagd import FlagdProvider
from openfeature.contrib.provider.flagd.config import ResolverType
from openfeature.evaluation_context import EvaluationContext
from openfeature.flag_evaluation import ErrorCode

logging.disable(logging.CRITICAL)

LIFETIME = 1800
BASE = "/ofrep/v1/evaluate/flags/"
seen = []


def evaluate(client, flag, context):
    """Status and body of the answer."""
    key = context.pop("targetingKey", None)
    about = EvaluationContext(key, context)
    details = client.get_boolean_details(flag, False, about)
    if details.error_code == ErrorCode.TYPE_MISMATCH:
        details = client.get_object_details(flag, {}, about)
    if details.error_code:
        status = 404 if details.error_code == ErrorCode.FLAG_NOT_FOUND else 400
        return status, {"key": flag, "errorCode": details.error_code.value, "errorDetails": details.error_message or ""}
    answer = {"key": flag, "reason": str(details.reason), "metadata": dict(details.flag_metadata or {})}
    if details.variant is not None:
        answer |= {"variant": details.variant, "value": details.value}
    return 200, answer


class Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def send(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        self.send(200, seen) if self.path == "/seen" else self.send(404, {})

    def do_POST(self):
        text = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        seen.append({"path": self.path, "type": self.headers.get("Content-Type"), "body": text.decode("utf-8", "replace")})
        token = os.environ.get("EVALUATION_TOKEN")
        if token and self.headers.get("Authorization") != f"Bearer {token}":
            return self.send(401, {})
        if not self.path.startswith(BASE):
            return self.send(404, {})
        flag = unquote(self.path[len(BASE):])
        try:
            context = json.loads(text)["context"]
            assert isinstance(context, dict)
        except (ValueError, KeyError, AssertionError):
            return self.send(400, {"key": flag, "errorCode": "INVALID_CONTEXT", "errorDetails": "no context"})
        self.send(*evaluate(self.server.client, flag, context))


def main():
    deadline = int(sys.argv[2]) if len(sys.argv) > 2 else 50
    api.set_provider_and_wait(
        FlagdProvider(resolver_type=ResolverType.FILE, offline_flag_source_path=sys.argv[1], deadline_ms=deadline)
    )
    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    server.client = api.get_client()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps({"port": server.server_address[1]}), flush=True)
    threading.Timer(LIFETIME, os._exit, [1]).start()
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
