"""A real etcd of one or three members on free ports of the loopback interface, for the store and the journal kept there.

  etcd_cluster.py [MEMBERS] [--auth] [--jwt] [--learner] [--links] [--quota=BYTES] [--etcd=PROGRAM]

It prints {"clients": [ports], "control": port} as one line of JSON when the members answer, and ends with them when its
standard input is closed or after half an hour. With --auth only the user "root" with the password "planted-password" may
do anything; with --jwt its tokens are signed ones, which any change of a user or role makes old. --learner adds a member
that only learns ("learner": its port), --quota is how many bytes the store may have, with --links a member can be cut
off from the others. On the control port:

  POST /stop N, /kill N, /start N     a member stops, dies or comes back; answers when it has (or listens again)
  POST /pause N, /resume N            SIGSTOP and SIGCONT: it keeps its connections and says nothing
  POST /isolate N, /rejoin N          no other member reaches it nor is reached by it, but clients do (with --links)
  POST /replace N                     the member is taken out for good and a new one joins; {"client": its port}
  POST /storm                         roles are made and taken away, twenty in a second, until POST /calm
  POST /fill                          keys are written until there is no space
  POST /get PREFIX                    every key that begins so, with its value, read without any code of rolloutctl
  POST /put KEY\\nVALUE                somebody else's change
  POST /history KEY\\nREVISION         {"values": every value the key was given after that revision, oldest first,
                                      "revision": the newest, "now": its value}
  POST /restore PREFIX\\nJSON          the keys that begin so are those of this object, and no others
  POST /call PATH\\nJSON               any request of the gateway, as "root" where that is asked for
"""

import base64
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
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from etcd_links import Links

LIFETIME = 1800
PATIENCE = 60
folder = tempfile.mkdtemp(prefix="etcd-")
words = sys.argv[1:]
AUTH = "--auth" in words
PASSWORD = "planted-password"
COUNT = int(next((word for word in words if word.isdigit()), 1))
OPTIONS = dict(word[2:].split("=", 1) for word in words if word.startswith("--") and "=" in word)
PROGRAM = OPTIONS.get("etcd", "etcd")


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


ports = free_ports(2 * COUNT)
clients, peers = ports[:COUNT], ports[COUNT:]
running = {}
joined = {}
learners = set()
paused = set()
links = Links(running)
# Where the others find a member, which is where it listens unless a link is in between.
known = {}
token = None


def more_options():
    options = []
    if "quota" in OPTIONS:
        options += ["--quota-backend-bytes", OPTIONS["quota"]]
    if "--jwt" in words:
        private, public = os.path.join(folder, "private.pem"), os.path.join(folder, "public.pem")
        if not os.path.exists(private):
            subprocess.run(["openssl", "genrsa", "-out", private, "2048"], check=True, stderr=subprocess.DEVNULL)
            subprocess.run(["openssl", "rsa", "-in", private, "-pubout", "-out", public], check=True,
                           stderr=subprocess.DEVNULL)
        options += ["--auth-token", f"jwt,pub-key={public},priv-key={private},sign-method=RS256,ttl=10m"]
    return options


def start(index):
    cluster = joined.get(index) or ",".join(f"m{n}=http://127.0.0.1:{known.get(n, peers[n])}" for n in range(len(peers)))
    running[index] = subprocess.Popen(
        [PROGRAM, "--name", f"m{index}", "--data-dir", os.path.join(folder, f"m{index}"), "--log-level", "error",
         "--listen-client-urls", f"http://127.0.0.1:{clients[index]}",
         "--advertise-client-urls", f"http://127.0.0.1:{clients[index]}",
         "--listen-peer-urls", f"http://127.0.0.1:{peers[index]}",
         "--initial-advertise-peer-urls", f"http://127.0.0.1:{known.get(index, peers[index])}",
         "--initial-cluster", cluster, "--initial-cluster-token", folder,
         "--initial-cluster-state", "existing" if index in joined else "new", *more_options(),
         "--heartbeat-interval", "100", "--election-timeout", "1000", "--bcrypt-cost", "4"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def call(path, body, index=0, seconds=10):
    try:
        return ask(path, body, index, seconds)
    except urllib.error.HTTPError as error:
        if error.code not in (400, 401) or not token:
            raise
    # A member that comes back knows none of the tokens that were given before.
    authenticate(index)
    return ask(path, body, index, seconds)


def steadily(path, body, member):
    """The same for a look: while the others elect a leader, the member that is asked may have none to ask."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return call(path, body, member)
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


def authenticate(index):
    global token
    token = None
    token = ask("/v3/auth/authenticate", {"name": "root", "password": PASSWORD}, index, 10)["token"]


def ask(path, body, index, seconds):
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = token
    request = urllib.request.Request(
        f"http://127.0.0.1:{clients[index]}{path}", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=seconds) as answer:
        return json.load(answer)


def code(text):
    return base64.b64encode(text.encode()).decode()


def within(prefix):
    return {"key": code(prefix), "range_end": code(prefix[:-1] + chr(ord(prefix[-1]) + 1))}


def history(key, since):
    """etcd keeps every value there was, each until the one after it."""
    values, now, newest, asked = [], None, None, {"key": code(key)}
    while True:
        found = call("/v3/kv/range", asked, first())
        item = next(iter(found.get("kvs", [])), None)
        value = item and base64.b64decode(item["value"]).decode()
        if newest is None:
            now, newest = value, int(found["header"]["revision"])
        if item is None or int(item["mod_revision"]) <= int(since):
            return {"values": values[::-1], "revision": newest, "now": now}
        values.append(value)
        asked["revision"] = int(item["mod_revision"]) - 1


def until_ready(index):
    """The member answers for the cluster, where that has a majority, or at least listens."""
    end = time.monotonic() + PATIENCE
    majority = len(running) > COUNT // 2
    while time.monotonic() < end and running[index].poll() is None:
        try:
            if majority:
                call("/v3/kv/range", {"key": code("nothing")}, index)
            else:
                socket.create_connection(("127.0.0.1", clients[index]), 1).close()
            return
        except urllib.error.HTTPError as error:
            if error.code in (400, 401, 403):
                return
        except OSError:
            pass
        time.sleep(0.02)
    raise SystemExit(f"member {index} does not answer")


def until_listening(port):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            return socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.02)
    raise SystemExit(f"nobody listens at {port}")


def first():
    return next(index for index in sorted(running) if index not in learners | paused | links.isolated)


def join(is_learner):
    """A new member, at ports of its own."""
    index = len(clients)
    client, peer = free_ports(2)
    body = {"peerURLs": [f"http://127.0.0.1:{peer}"], "isLearner": is_learner}
    end = time.monotonic() + PATIENCE
    while True:
        try:
            members = call("/v3/cluster/member/add", body, first())["members"]
            break
        except urllib.error.HTTPError:
            # A cluster that has just begun, or just lost a member, wants a moment before it takes another.
            if time.monotonic() > end:
                raise
            time.sleep(0.2)
    clients.append(client)
    peers.append(peer)
    joined[index] = ",".join(f"{one.get('name') or f'm{index}'}={url}" for one in members for url in one["peerURLs"])
    start(index)
    return index


def replace(index):
    members = call("/v3/cluster/member/list", {}, first())["members"]
    gone = next(one["ID"] for one in members if one["name"] == f"m{index}")
    process = running.pop(index)
    process.kill()
    process.wait(PATIENCE)
    # Where the leader has just gone the others elect one first, and may drop what they are asked meanwhile.
    for _ in range(100):
        try:
            if any(one["ID"] == gone for one in call("/v3/cluster/member/list", {}, first())["members"]):
                call("/v3/cluster/member/remove", {"ID": gone}, first())
            break
        except OSError:
            time.sleep(0.1)
    new = join(False)
    until_ready(new)
    return {"client": clients[new]}


storming = threading.Event()


def storm():
    number = 0
    while storming.is_set():
        number += 1
        for path in ("add", "delete"):
            name = {"name": f"storm{number}"} if path == "add" else {"role": f"storm{number}"}
            try:
                call(f"/v3/auth/role/{path}", name, first())
            except OSError:
                pass
            time.sleep(0.05)


def fill():
    for number in range(10_000):
        try:
            call("/v3/kv/put", {"key": code(f"/filling/{number}"), "value": code("x" * 20_000)}, first())
        except urllib.error.HTTPError as error:
            if error.code == 429:
                return
            raise


class Control(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        answer = {}
        match self.path:
            case "/stop" | "/kill":
                process = running.pop(int(body))
                process.send_signal(signal.SIGTERM if self.path == "/stop" else signal.SIGKILL)
                process.send_signal(signal.SIGCONT)
                process.wait(PATIENCE)
            case "/start":
                start(int(body))
                until_ready(int(body))
            case "/pause":
                paused.add(int(body))
                running[int(body)].send_signal(signal.SIGSTOP)
            case "/resume":
                running[int(body)].send_signal(signal.SIGCONT)
                paused.discard(int(body))
            case "/isolate":
                links.isolate(int(body))
            case "/rejoin":
                links.rejoin(int(body))
                until_ready(int(body))
            case "/replace":
                answer = replace(int(body))
            case "/storm":
                storming.set()
                threading.Thread(target=storm, daemon=True).start()
            case "/calm":
                storming.clear()
            case "/fill":
                fill()
            case "/get":
                found = steadily("/v3/kv/range", within(body), first())
                answer = {base64.b64decode(one["key"]).decode(): base64.b64decode(one.get("value", "")).decode()
                          for one in found.get("kvs", [])}
            case "/put":
                key, value = body.split("\n", 1)
                call("/v3/kv/put", {"key": code(key), "value": code(value)}, first())
            case "/history":
                answer = history(*body.split("\n"))
            case "/restore":
                prefix, pairs = body.split("\n", 1)
                call("/v3/kv/deleterange", within(prefix), first())
                for key, value in json.loads(pairs).items():
                    call("/v3/kv/put", {"key": code(key), "value": code(value)}, first())
            case "/call":
                path, value = body.split("\n", 1)
                answer = call(path, json.loads(value), first())
        text = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


def stop_all():
    for index, process in running.items():
        process.kill()
        process.wait(PATIENCE)
        shutil.rmtree(os.path.join(folder, f"m{index}"), ignore_errors=True)
    running.clear()


def main():
    for attempt in range(5):
        if "--links" in words:
            known.update((index, links.lead(index, peers[index])) for index in range(COUNT))
        for index in range(COUNT):
            start(index)
        try:
            for index in range(COUNT):
                until_ready(index)
            break
        except SystemExit:
            # Somebody took one of the ports in the meantime.
            stop_all()
            fresh = free_ports(2 * COUNT)
            clients[:], peers[:] = fresh[:COUNT], fresh[COUNT:]
    else:
        raise SystemExit("etcd does not start")
    if AUTH or "--jwt" in words:
        call("/v3/auth/user/add", {"name": "root", "password": PASSWORD})
        call("/v3/auth/role/add", {"name": "root"})
        call("/v3/auth/user/grant", {"user": "root", "role": "root"})
        call("/v3/auth/enable", {})
        authenticate(0)
    facts = {"clients": clients}
    if "--learner" in words:
        learner = len(clients)
        learners.add(learner)
        facts["learner"] = clients[join(True)]
        until_listening(facts["learner"])
        facts["clients"] = clients[:COUNT]
    control = ThreadingHTTPServer(("127.0.0.1", 0), Control)
    threading.Thread(target=control.serve_forever, daemon=True).start()
    print(json.dumps(facts | {"control": control.server_port}), flush=True)
    watch = threading.Thread(target=sys.stdin.read, daemon=True)
    watch.start()
    watch.join(LIFETIME)
    for process in running.values():
        process.kill()
        process.wait()
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


try:
    main()
except BaseException:
    for process in running.values():
        process.kill()
    raise
