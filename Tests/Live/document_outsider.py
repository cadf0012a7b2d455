"""Somebody else who edits a document of flags, carefully: each round is a GET and a PUT that depends on what it saw.

  document_outsider.py ADDRESS SECONDS

A flag of their own counts the rounds that were taken. It prints {"taken": N, "lost": M} at the end: what was taken and is
not counted, somebody has overwritten.
"""

import http.client
import json
import sys
import time
import urllib.error
import urllib.request

address, seconds = sys.argv[1], float(sys.argv[2])
OURS = {"state": "ENABLED", "variants": {"rounds": 0}, "defaultVariant": "rounds"}


def asked(method, body=None, headers=()):
    # S3 lets nobody in without; the others mind nothing.
    headers = {"Authorization": "Bearer anybody", **dict(headers)}
    request = urllib.request.Request(address, data=body, method=method, headers=headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.status, answer.headers.get("ETag"), answer.read()


def counted(document):
    return document["flags"].get("outsiders", OURS)["variants"]["rounds"]


def settled():
    """The document and its tag; a tag that is weak for a moment, or a document in the making, is asked for again."""
    while True:
        try:
            _, tag, body = asked("GET")
            document = json.loads(body)
            if tag and not tag.startswith("W/"):
                return document, tag
        except (ValueError, OSError, http.client.HTTPException):
            pass
        time.sleep(0.005)


start = counted(settled()[0])
taken, until = 0, time.monotonic() + seconds
while time.monotonic() < until:
    document, tag = settled()
    flag = document["flags"].setdefault("outsiders", json.loads(json.dumps(OURS)))
    flag["variants"]["rounds"] += 1
    try:
        asked("PUT", json.dumps(document, indent=1).encode(), {"If-Match": tag, "Content-Type": "application/json"})
        taken += 1
    except urllib.error.HTTPError as error:
        # Somebody else was first, or the server broke over both of us.
        if error.code not in (409, 412) and error.code < 500:
            raise
    except (OSError, http.client.HTTPException):
        pass
print(json.dumps({"taken": taken, "lost": taken - (counted(settled()[0]) - start)}), flush=True)
