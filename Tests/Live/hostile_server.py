"""A web server that misbehaves in every way that the HTTP door must survive.

It listens on free ports of the loopback interface, prints them as one line of JSON, and ends when its standard input is
closed, or after half an hour: a busy machine runs many other tests meanwhile.
"""

import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

PATIENCE = 120
LIFETIME = 1800
connections = {"near": 0, "far": 0}
seen_far = []


def read_request(link):
    data = b""
    while b"\r\n\r\n" not in data:
        more = link.recv(65536)
        if not more:
            return None
        data += more
    head, body = data.split(b"\r\n\r\n", 1)
    lines = head.decode("latin-1").split("\r\n")
    headers = {}
    for line in lines[1:]:
        name, value = line.split(":", 1)
        headers[name.lower()] = value.strip()
    while len(body) < int(headers.get("content-length", 0)):
        body += link.recv(65536)
    method, path, _ = lines[0].split(" ")
    return method, path, headers, body


def send(link, status, body=b"", headers=()):
    head = f"HTTP/1.1 {status} Whatever\r\nContent-Length: {len(body)}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in headers)
    link.sendall(head.encode() + b"\r\n" + body)


def drip(link, piece, pause, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        link.sendall(piece)
        time.sleep(pause)


def answer(link, who, request, far):
    """False ends the connection."""
    method, path, headers, body = request
    if who == "far":
        seen_far.append(headers)
        send(link, 200, b"far")
    elif path == "/seen-far":
        send(link, 200, json.dumps(seen_far).encode())
    elif path == "/connections":
        send(link, 200, json.dumps(connections).encode())
    elif path == "/drip":
        link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        drip(link, b".", 0.05, 30)
    elif path == "/drip-headers":
        link.sendall(b"HTTP/1.1 200 OK\r\n")
        drip(link, b"X-Slow: yes\r\n", 0.05, 30)
    elif path == "/endless":
        link.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        drip(link, b"x" * 65536, 0, 30)
    elif path == "/endless-headers":
        link.sendall(b"HTTP/1.1 200 OK\r\n")
        drip(link, b"X-Long: " + b"y" * 8000 + b"\r\n", 0, 30)
    elif path == "/truncated":
        link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"status\":")
        return False
    elif path == "/truncated-chunks":
        link.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
        return False
    elif path == "/close":
        return False
    elif path == "/garbage":
        link.sendall(b"this is no HTTP at all\r\n\r\n")
        return False
    elif path == "/silent":
        time.sleep(30)
    elif path == "/interim":
        link.sendall(b"HTTP/1.1 103 Early Hints\r\nX-Early: yes\r\n\r\n")
        send(link, 200, b"late", [("X-Late", "yes")])
    elif path == "/basic":
        send(link, 401, b"no", [("WWW-Authenticate", "Basic realm=x")])
    elif path == "/near":
        send(link, 302, headers=[("Location", "/echo")])
    elif path == "/far":
        send(link, 302, headers=[("Location", f"http://localhost:{far}/echo")])
    else:
        send(link, 200, json.dumps([method, path, headers, body.decode("latin-1")]).encode())
    return True


def talk(link, who, far):
    link.settimeout(PATIENCE)
    try:
        while True:
            request = read_request(link)
            if request is None or not answer(link, who, request, far):
                return
    except OSError:
        pass
    finally:
        link.close()


def listen(who, far, wrap=None):
    server = socket.create_server(("127.0.0.1", 0))

    def accept():
        while True:
            link, _ = server.accept()
            connections[who] = connections.get(who, 0) + 1
            if wrap:
                try:
                    link.settimeout(10)
                    link = wrap(link)
                except OSError:
                    continue
            threading.Thread(target=talk, args=(link, who, far), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return server.getsockname()[1]


def certified():
    """A TLS context with a certificate for localhost that signs itself, and the certificate's path."""
    if not shutil.which("openssl"):
        return None, None
    folder = tempfile.mkdtemp(prefix="hostile-")
    key, certificate = os.path.join(folder, "key.pem"), os.path.join(folder, "certificate.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate],
        check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context, certificate


def main():
    far = listen("far", None)
    near = listen("near", far)
    context, certificate = certified()
    secure = listen("secure", far, lambda link: context.wrap_socket(link, server_side=True)) if context else None
    closed = socket.create_server(("127.0.0.1", 0))
    refused = closed.getsockname()[1]
    closed.close()
    print(json.dumps({"near": near, "far": far, "secure": secure, "refused": refused, "certificate": certificate}),
          flush=True)
    watch = threading.Thread(target=sys.stdin.read, daemon=True)
    watch.start()
    watch.join(LIFETIME)
    if certificate:
        shutil.rmtree(os.path.dirname(certificate), ignore_errors=True)
    os._exit(0)


main()
