"""A kill before the eyes of the real flagd daemon, which deals units by the second version of its hash.

  flagd_kill.py FLAGD FILE SERVED COMMAND...

flagd serves the file SERVED (or several, with commas between) by OpenFeature's remote protocol on port 8016; COMMAND is run when it answers, while FILE is
what COMMAND changes. Prints {"before": N, "after": N, "exit": N, "output": TEXT}: how many of 400 tenants get the new
version right before and right after COMMAND. flagd binds all interfaces, so this runs in a network namespace of its own
(`unshare -n`).
"""

import concurrent.futures
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request

flagd, file, served, command = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]
URL = "http://127.0.0.1:8016/ofrep/v1/evaluate/flags/ai-summary"


def variant(tenant):
    body = json.dumps({"context": {"targetingKey": tenant, "tenant": tenant}}).encode()
    request = urllib.request.Request(URL, body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return json.load(answer).get("variant")
    except urllib.error.HTTPError as error:
        return f"status {error.code}"
    except OSError:
        return None


def exposed():
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        return sum(v == "on" for v in pool.map(variant, (f"tenant-{n}" for n in range(400))))


subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
daemon = subprocess.Popen(
    [flagd, "start", *(word for one in served.split(",") for word in ("--uri", f"file:{one}")), "--port", "8013", "--management-port", "8014",
     "--ofrep-port", "8016", "--sync-port", "8015"],
    # It looks for a configuration of its own at home, and ends where it has none.
    env={"HOME": "/nonexistent", **os.environ},
    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
try:
    until = time.monotonic() + 30
    while variant("tenant-0") not in ("on", "off"):
        if time.monotonic() > until:
            sys.exit("flagd does not answer")
        time.sleep(0.05)
    before = exposed()
    outcome = subprocess.run(command, capture_output=True, text=True)
    print(json.dumps({"before": before, "after": exposed(), "exit": outcome.returncode,
                      "output": outcome.stdout + outcome.stderr}))
finally:
    daemon.terminate()
    daemon.wait(20)
