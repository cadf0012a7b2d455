"""Asks the real OpenFeature flagd provider, in file mode, what it serves.

  targeting.py answer CASES    for each case of the JSON file CASES, print the variants as one JSON array of arrays
  targeting.py follow CASE     print the variants of one case, one JSON array per line, whenever they change

A case is {"file", "flag", "object": bool, "contexts": [{...}]}. A context's "targetingKey" is passed as such. What the
provider does not serve is shown as "default: REASON".
"""

import json
import logging
import sys
import time

from openfeature import api
from openfeature.contrib.provider.flagd import FlagdProvider
from openfeature.contrib.provider.flagd.config import ResolverType
from openfeature.evaluation_context import EvaluationContext

logging.disable(logging.CRITICAL)


def client_for(path, name):
    provider = FlagdProvider(resolver_type=ResolverType.FILE, offline_flag_source_path=path, deadline_ms=20)
    api.set_provider_and_wait(provider, name)
    return api.get_client(name)


def variants(client, case):
    found = []
    for attributes in case["contexts"]:
        attributes = dict(attributes)
        context = EvaluationContext(attributes.pop("targetingKey", None), attributes)
        if case["object"]:
            details = client.get_object_details(case["flag"], {}, context)
        else:
            details = client.get_boolean_details(case["flag"], False, context)
        found.append(details.variant or f"default: {details.reason}")
    return found


def answer(cases):
    clients = {}
    for case in cases:
        path = case["file"]
        if path not in clients:
            clients[path] = client_for(path, f"client-{len(clients)}")
    print(json.dumps([variants(clients[case["file"]], case) for case in cases]))


def follow(case):
    client = client_for(case["file"], "follower")
    shown = before = None
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        now = variants(client, case)
        # The file may be read anew between two contexts: only what is seen twice was one answer.
        if now == before and now != shown:
            print(json.dumps(now), flush=True)
            shown = now
        before = now
        time.sleep(0.002)


if __name__ == "__main__":
    with open(sys.argv[2]) as file:
        given = json.load(file)
    {"answer": answer, "follow": follow}[sys.argv[1]](given)
    api.shutdown()
