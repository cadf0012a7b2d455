"""Kills and restores before the eyes of the real flagd daemon, which watches the flag file.

  flagd_watch.py FLAGD PROVIDER FILE ROLLOUTCTL ROUNDS

PROVIDER is flagd's way to watch a file: `fsnotify`, its default in Kubernetes, or `fileinfo`, which polls. Each round
kills the flag ai-summary and restores it. Prints a JSON list: for each command how many milliseconds after its end
somebody of the staff was served what it says, or null where that was not so within ten seconds. flagd binds all
interfaces, so this runs in a network namespace of its own (`unshare -n`).
"""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request

flagd, provider, file, rolloutctl, rounds = sys.argv[1:5] + [int(sys.argv[5])]
URL = "http://127.0.0.1:8016/ofrep/v1/evaluate/flags/ai-summary"
PATIENCE = 10


def variant():
    body = json.dumps({"context": {"targetingKey": "t", "tenant": "t", "team": "staff"}}).encode()
    request = urllib.request.Request(URL, body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return json.load(answer).get("variant")
    except (urllib.error.HTTPError, OSError):
        return None


def seen(wanted, patience):
    start = time.monotonic()
    while time.monotonic() - start < patience:
        if variant() == wanted:
            return 1000 * (time.monotonic() - start)
        time.sleep(0.001)
    return None


subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
daemon = subprocess.Popen(
    [flagd, "start", "--sources", json.dumps([{"uri": file, "provider": provider}]), "--port", "8013",
     "--management-port", "8014", "--ofrep-port", "8016", "--sync-port", "8015"],
    # It looks for a configuration of its own at home, and ends where it has none.
    env={"HOME": "/nonexistent", **os.environ},
    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
try:
    if seen("on", 30) is None:
        sys.exit("flagd does not answer")
    times = []
    for _ in range(rounds):
        for words, wanted in ((["kill"], "off"), (["restore", "--reason", "next round"], "on")):
            subprocess.run([rolloutctl, *words, "ai-summary"], check=True, stdout=subprocess.DEVNULL)
            times.append(seen(wanted, PATIENCE))
    print(json.dumps(times))
finally:
    daemon.terminate()
    daemon.wait(20)
