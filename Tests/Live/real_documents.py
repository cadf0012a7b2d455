"""A real web server that keeps one document of flags, on loopback, as its packages set it up but for what lets write.

  real_documents.py KIND [--plain | --user NAME:PASSWORD | --redirect | --read-only | --small]

KIND is apache (its tag is weak for a second after each write), apache-digest, nginx (which keeps no condition), lighttpd,
wsgidav or moto (S3). The last two are Python's: run it by a Python that has them. --user asks for a name and a password,
--redirect answers what is asked at /old/flags.json with a 307 to the document, --read-only lets nobody write, --small
takes no body over 200 bytes; they are for apache, nginx and lighttpd, as far as each has a use for it in the tests.

It prints {"port": N, "path": "/flags.json"} when it answers, and ends when its standard input is closed, by SIGTERM, or
after half an hour; the server always ends with it.
"""

import base64
import hashlib
import http.client
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

LIFETIME = 1800
# Whoever started this may block signals, and a server must be able to end.
signal.pthread_sigmask(signal.SIG_SETMASK, [])
kind, extra = sys.argv[1], sys.argv[2:]
folder = tempfile.mkdtemp(prefix="real-documents-")
root = folder + "/root"
os.mkdir(root)
BUCKET = "flags-of-tests"
DOCUMENT = b'{\n  "flags": {}\n}\n'

APACHE = """
ServerRoot {folder}
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {folder}/pid
ErrorLog {folder}/error.log
{user}
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule authn_core_module {modules}/mod_authn_core.so
LoadModule authn_file_module {modules}/mod_authn_file.so
LoadModule authz_user_module {modules}/mod_authz_user.so
LoadModule auth_basic_module {modules}/mod_auth_basic.so
LoadModule alias_module {modules}/mod_alias.so
LoadModule dav_module {modules}/mod_dav.so
LoadModule dav_fs_module {modules}/mod_dav_fs.so
DocumentRoot {root}
DAVLockDB {folder}/locks
{redirect}
<Directory {root}>
  Dav {dav}
  {etag}
  {require}
  {limit}
</Directory>
"""

NGINX = """
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
{user}
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen 127.0.0.1:{port};
    root {root};
    {limit}
    location / {{ {dav} }}
  }}
}}
"""

LIGHTTPD = """
server.modules = ( "mod_webdav" )
server.document-root = "{root}"
server.bind = "127.0.0.1"
server.port = {port}
server.errorlog = "{folder}/error.log"
server.upload-dirs = ( "{folder}" )
mimetype.assign = ( ".json" => "application/json" )
webdav.activate = "enable"
webdav.is-readonly = "{readonly}"
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def written(name, text):
    with open(f"{folder}/{name}", "w") as file:
        file.write(text)
    return f"{folder}/{name}"


def apache(port):
    require = "Require all granted"
    if "--user" in extra:
        name, password = extra[extra.index("--user") + 1].split(":", 1)
        digest = base64.b64encode(hashlib.sha1(password.encode()).digest()).decode()
        users = written("users", f"{name}:{{SHA}}{digest}\n")
        require = f"AuthType Basic\n  AuthName flags\n  AuthBasicProvider file\n  AuthUserFile {users}\n  Require valid-user"
    return ["apache2", "-DFOREGROUND", "-f", written("apache.conf", APACHE.format(
        folder=folder, root=root, port=port, modules="/usr/lib/apache2/modules", require=require,
        user="User www-data\nGroup www-data" if os.getuid() == 0 else "",
        redirect="Redirect 307 /old/ /" if "--redirect" in extra else "",
        dav="Off" if "--read-only" in extra else "On",
        etag="FileETag Digest" if kind == "apache-digest" else "",
        limit="LimitRequestBody 200" if "--small" in extra else ""))]


def nginx(port):
    return ["nginx", "-p", folder, "-c", written("nginx.conf", NGINX.format(
        folder=folder, root=root, port=port, user="user root;" if os.getuid() == 0 else "",
        dav="" if "--read-only" in extra else "dav_methods PUT; dav_access user:rw group:r all:r;",
        limit="client_max_body_size 200;" if "--small" in extra else ""))]


def lighttpd(port):
    readonly = "enable" if "--read-only" in extra else "disable"
    return ["lighttpd", "-D", "-f",
            written("lighttpd.conf", LIGHTTPD.format(folder=folder, root=root, port=port, readonly=readonly))]


def command(port):
    if kind.startswith("apache"):
        return apache(port)
    if kind == "nginx":
        return nginx(port)
    if kind == "lighttpd":
        return lighttpd(port)
    programs = os.path.dirname(sys.executable)
    if kind == "wsgidav":
        return [programs + "/wsgidav", "--host", "127.0.0.1", "--port", str(port), "--root", root, "--auth", "anonymous",
                "--server", "cheroot", "--no-config", "--quiet"]
    return [programs + "/moto_server", "-H", "127.0.0.1", "-p", str(port)]


def answers(port):
    try:
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        link.request("GET", "/flags.json")
        link.getresponse().read()
        return True
    except (OSError, http.client.HTTPException):
        return False


def put(port, path, body):
    """S3 lets nobody in who sends no credentials; moto minds none that are sent."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    link.request("PUT", path, body, {"Authorization": "Bearer anybody"})
    return link.getresponse().status


port = free_port()
path = "/flags.json"
with open(root + path, "wb") as file:
    file.write(DOCUMENT)
if os.getuid() == 0 and kind.startswith("apache"):
    # It gives its rights away, and must be able to write.
    owner = pwd.getpwnam("www-data")
    for name in (folder, root, root + path):
        os.chown(name, owner.pw_uid, owner.pw_gid)
environment = dict(os.environ, PATH=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
process = subprocess.Popen(
    command(port), env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
until = time.monotonic() + 60
while not answers(port) and process.poll() is None and time.monotonic() < until:
    time.sleep(0.02)
if kind == "moto" and answers(port):
    path = f"/{BUCKET}/flags.json"
    put(port, f"/{BUCKET}", b"")
    put(port, path, DOCUMENT)
print(json.dumps({"port": port, "path": path} if answers(port) else {"failed": kind}), flush=True)
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
    process.kill()
    process.wait()
shutil.rmtree(folder, ignore_errors=True)
os._exit(0)
