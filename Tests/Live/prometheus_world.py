"""A real Prometheus and something for it to scrape, both on free ports of the loopback interface.

The test says over HTTP what has happened so far (`POST /set`), and when the server is to stop (`POST /stop`). It prints
its ports as one line of JSON, and ends, with the server, when its standard input is closed or after half an hour.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PATIENCE = 1800
seen = {version: {"requests": 0, "errors": 0, "slow": 0} for version in ("v6", "v7")}
server = None


def exposition():
    lines = ["# TYPE rollout_requests_total counter", "# TYPE rollout_parse_errors_total counter",
             "# TYPE rollout_duration_seconds histogram"]
    for version, counts in seen.items():
        label = f'prompt_version="{version}"'
        lines.append(f'rollout_requests_total{{{label}}} {counts["requests"]}')
        lines.append(f'rollout_parse_errors_total{{{label}}} {counts["errors"]}')
        fast = counts["requests"] - counts["slow"]
        for bound, count in (("1", fast * 3 // 4), ("3", fast), ("+Inf", counts["requests"])):
            lines.append(f'rollout_duration_seconds_bucket{{{label},le="{bound}"}} {count}')
        lines.append(f'rollout_duration_seconds_sum{{{label}}} {counts["requests"]}')
        lines.append(f'rollout_duration_seconds_count{{{label}}} {counts["requests"]}')
    return "\n".join(lines) + "\n"


class Exporter(BaseHTTPRequestHandler):
    def reply(self, text):
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def do_GET(self):
        self.reply(exposition())

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/set":
            seen.update(json.loads(body))
        elif self.path == "/stop":
            server.terminate()
            server.wait(60)
        self.reply("done\n")

    def log_message(self, *_):
        pass


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def is_ready(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/-/ready", timeout=2) as answer:
            return answer.status == 200
    except OSError:
        return False


def main():
    global server
    exporter = ThreadingHTTPServer(("127.0.0.1", 0), Exporter)
    threading.Thread(target=exporter.serve_forever, daemon=True).start()
    folder = tempfile.mkdtemp(prefix="prometheus-")
    port = free_port()
    with open(os.path.join(folder, "p.yml"), "w") as file:
        file.write(f"""
global: {{scrape_interval: 250ms, scrape_timeout: 250ms}}
scrape_configs:
- job_name: rollout
  static_configs: [{{targets: ["127.0.0.1:{exporter.server_port}"]}}]
""")
    with open(os.path.join(folder, "log"), "w") as log:
        server = subprocess.Popen(
            ["prometheus", f"--config.file={folder}/p.yml", f"--storage.tsdb.path={folder}/data",
             f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    try:
        for _ in range(600):
            if is_ready(port):
                break
            time.sleep(0.1)
        print(json.dumps({"prometheus": port, "exporter": exporter.server_port}), flush=True)
        watch = threading.Thread(target=sys.stdin.read, daemon=True)
        watch.start()
        watch.join(PATIENCE)
    finally:
        if server.poll() is None:
            server.kill()
            server.wait()
        shutil.rmtree(folder, ignore_errors=True)
        sys.stdout.flush()
        os._exit(0)


main()
