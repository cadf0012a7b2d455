"""One long-lived application that checks a gate or reads a dynamic configuration with the real Statsig server SDK, from
downloaded specifications.

  statsig_reader.py SOURCE --unit tenant [--as companyID] [--tier production] [--key planted-sdk-token]

SOURCE is the URL of a Statsig, or a file with the specifications. The SDK is bootstrapped with them, and is given no
way to any network. Without --as the unit's value is the userID; with it, it is the custom id of that name, and the user
behind it is always the same. All attributes of a context go along as custom fields. A context without the unit passes
no such id; as Statsig wants some id, an application without --as then passes an empty custom id.

Each line of standard input is a request, a JSON object; each gets one line of JSON on standard output.

  {"load": [{...}, ...]}         the contexts that later requests are about; answers {"loaded": N}
  {"flag": GATE, "until"?: MS}   what the SDK says for each context, once the specifications are of that time or later;
                                 answers {"variants": [true, false, ...], "rules": [the rule that decided, ...],
                                 "version": their time, "at": seconds on the machine's monotonic clock, "tries": N},
                                 or {"late": time}
  {"config": NAME, "until"?: MS} the same of a dynamic configuration, with the object that each context is given

A gate or a configuration that the SDK does not know, or cannot evaluate, is shown as "default: Unrecognized" and the like.
"""

import argparse
import json
import logging
import sys
import time
import urllib.request

from statsig import StatsigOptions, StatsigServer, StatsigUser
from statsig.evaluation_details import EvaluationReason

TRIES = 2_000

logging.disable(logging.CRITICAL)


class Reader:
    def __init__(self, options):
        self.options = options
        self.server, self.time, self.contexts = None, 0, []

    def specifications(self):
        if not self.options.source.startswith("http"):
            with open(self.options.source, encoding="utf-8") as file:
                return json.load(file)
        address = f"{self.options.source}/v1/download_config_specs/{self.options.key}.json?sinceTime={self.time}"
        with urllib.request.urlopen(address, timeout=20) as answer:
            return json.load(answer)

    def take(self):
        document = self.specifications()
        if not document["has_updates"] or (document["time"] <= self.time and self.server):
            return
        if self.server:
            self.server.shutdown()
        self.server, self.time = StatsigServer(), document["time"]
        self.server.initialize(self.options.key, StatsigOptions(
            tier=self.options.tier, local_mode=True, bootstrap_values=json.dumps(document), disable_all_logging=True,
            disable_diagnostics=True, disable_country_lookup=True, disable_ua_parser=True))

    def user(self, context):
        unit, name = context.get(self.options.unit), self.options.name
        if name:
            return StatsigUser("somebody", custom_ids={} if unit is None else {name: unit}, custom=context)
        return StatsigUser(unit, custom=context) if unit else StatsigUser(custom_ids={"none": ""}, custom=context)

    def verdict(self, flag, context):
        gate = self.server.get_feature_gate(self.user(context), flag, log_exposure=False)
        reason = gate.evaluation_details.reason
        known = reason in (EvaluationReason.none, None)
        return (gate.value if known else f"default: {reason.value}"), gate.rule_id

    def value(self, name, context):
        config = self.server.get_config(self.user(context), name, log_exposure=False)
        reason = config.evaluation_details.reason
        known = reason in (EvaluationReason.none, None)
        return (config.value if known else f"default: {reason.value}"), config.rule_id

    def answer(self, request):
        if "load" in request:
            self.contexts = request["load"]
            return {"loaded": len(self.contexts)}
        tries = 0
        while True:
            self.take()
            tries += 1
            if self.time >= request.get("until", 0):
                break
            if tries == TRIES:
                return {"late": self.time}
            time.sleep(0.005)
        at = time.monotonic()
        if "config" in request:
            verdicts = [self.value(request["config"], one) for one in self.contexts]
        else:
            verdicts = [self.verdict(request["flag"], one) for one in self.contexts]
        return {"variants": [one for one, _ in verdicts], "rules": [one for _, one in verdicts], "version": self.time,
                "at": at, "tries": tries}


def run(kind):
    given = argparse.ArgumentParser()
    given.add_argument("source")
    given.add_argument("--unit", required=True)
    given.add_argument("--as", dest="name")
    given.add_argument("--tier")
    given.add_argument("--key", default="planted-sdk-token")
    reader = kind(given.parse_args())
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        print(json.dumps(reader.answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    run(Reader)
