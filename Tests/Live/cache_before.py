"""A real cache before a server on loopback, in its usual settings: what it got once it serves without asking anybody.

  cache_before.py varnish|nginx|nginx-deaf ORIGIN_PORT

A deaf one takes no query of an address for another address, so nobody gets past it.

It prints {"port": N} when it answers, and ends when its standard input is closed or after half an hour.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

LIFETIME = 1800
# Whoever started this may block signals, and the cache must be able to end.
signal.pthread_sigmask(signal.SIG_SETMASK, [])
kind, origin = sys.argv[1], int(sys.argv[2])
folder = tempfile.mkdtemp(prefix="cache-before-")

NGINX = """
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  proxy_cache_path {folder}/cache keys_zone=kept:1m;
  server {{
    listen 127.0.0.1:{port};
    location / {{ proxy_pass http://127.0.0.1:{origin}; proxy_cache kept; proxy_cache_valid 200 120s;
      {key} }}
  }}
}}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def command(port):
    if kind == "varnish":
        # Its own default: 120 s for what says nothing of its lifetime.
        return ["varnishd", "-F", "-j", "none", "-n", folder + "/v", "-a", f"127.0.0.1:{port}",
                "-b", f"127.0.0.1:{origin}", "-s", "malloc,16m"]
    with open(folder + "/nginx.conf", "w") as file:
        key = "proxy_cache_key $uri;" if kind == "nginx-deaf" else ""
        file.write(NGINX.format(folder=folder, port=port, origin=origin, key=key))
    return ["nginx", "-p", folder, "-c", folder + "/nginx.conf"]


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


port = free_port()
environment = dict(os.environ, PATH=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
process = subprocess.Popen(
    command(port), env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
until = time.monotonic() + 60
while not answers(port) and process.poll() is None and time.monotonic() < until:
    time.sleep(0.02)
print(json.dumps({"port": port} if answers(port) else {"failed": kind}), flush=True)
over = threading.Event()


def watch():
    sys.stdin.read()
    over.set()


signal.signal(signal.SIGTERM, lambda *_: over.set())
threading.Thread(target=watch, daemon=True).start()
over.wait(LIFETIME)
process.terminate()
try:
    process.wait(20)
except subprocess.TimeoutExpired:
    # A busy machine may keep its manager waiting for its child: nothing of it may stay.
    process.kill()
    process.wait()
shutil.rmtree(folder, ignore_errors=True)
os._exit(0)
