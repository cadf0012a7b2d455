"""What the applications share that serve a flag through a platform's real SDK: the line protocol of ../reader.py.

Each line of standard input is a request, a JSON object; each gets one line of JSON on standard output, after a first
line {"ready": true}.

  {"load": [{...}, ...]}        the contexts that later requests are about: flat objects of attributes, such as
                                {"tenant": "acme", "plan": "paid"}, which may lack any of them; answers {"loaded": N}
  {"flag", "until"?: {...}}     the answer of the SDK for every context, once it has followed the change that "until"
                                describes: {"version": N} or N, that version or a later one, or {"context": {..},
                                "variant": V}; answers {"variants": [..], "at": seconds on the machine's monotonic clock when the
                                change was seen, "tries": N, "version": what the SDK has}, or {"late": what it has}

An application is an object with `variant(flag, attributes)`, `version(flag)`, `wait()`, which returns when a new
document may have come, and `end()`.
"""

import json
import sys
import time

PATIENCE = 60


def answer(application, contexts, request):
    if "load" in request:
        contexts[:] = request["load"]
        return {"loaded": len(contexts)}
    flag, until, tries = request["flag"], request.get("until", {}), 0
    if isinstance(until, int):
        until = {"version": until}
    end = time.monotonic() + PATIENCE
    while until:
        tries += 1
        if "version" in until:
            shown = application.version(flag)
            seen = shown is not None and shown >= until["version"]
        else:
            shown = application.variant(flag, until["context"])
            seen = shown == until["variant"]
        if seen:
            break
        if time.monotonic() > end:
            return {"late": shown}
        application.wait()
    at = time.monotonic()
    return {"variants": [application.variant(flag, one) for one in contexts], "at": at, "tries": tries,
            "version": application.version(flag)}


def serve(application):
    contexts = []
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(application, contexts, json.loads(line))), flush=True)
    application.end()
