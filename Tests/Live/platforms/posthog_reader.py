"""One long-lived application that evaluates a flag with the real PostHog SDK, locally, against a PostHog's definitions.

  posthog_reader.py URL --unit tenant [--group company] [--asks] [--token phc_test] [--key planted-sdk-token]

Without --group the unit is the person: its value is the distinct id. With --group it is a group of that type, and the
person behind it is always the same. All attributes of a context go along as properties. Where a context lacks the unit,
an application that reads its tenant from somewhere passes what it found: an empty distinct id, or no group at all.

Each line of standard input is a request, a JSON object; each gets one line of JSON on standard output.

  {"load": [{...}, ...]}         the contexts that later requests are about; answers {"loaded": N}
  {"flag": KEY, "until"?: N}     what the SDK says for each context, once it has version N of the flag or a later one,
                                 or has asked anew if there is no "until"; answers {"variants": [true, false, "key",
                                 ...], "version": of the definition in use, "at": seconds on the machine's monotonic
                                 clock, "tries": N}, or {"late": version} if it never came

What the SDK cannot decide by itself, and would ask PostHog about, is shown as "default: undecided"; with --asks it does
ask (POST /flags).
"""

import argparse
import json
import logging
import sys
import time
import warnings

from posthog import Posthog

TRIES = 2_000

logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")


class Reader:
    def __init__(self, options):
        self.unit, self.group, self.asks = options.unit, options.group, options.asks
        self.client = Posthog(options.token, host=options.url, personal_api_key=options.key, poll_interval=3600,
                              send=False, disable_geoip=True)
        self.contexts = []

    def version(self, flag):
        return (self.client.feature_flags_by_key or {}).get(flag, {}).get("version")

    def variant(self, flag, context):
        unit = context.get(self.unit)
        arguments = {"distinct_id": "somebody" if self.group else unit or "", "person_properties": context}
        if self.group and unit is not None:
            arguments.update(groups={self.group: unit}, group_properties={self.group: context})
        answer = self.client.get_feature_flag(flag, only_evaluate_locally=not self.asks, send_feature_flag_events=False,
                                              **arguments)
        return "default: undecided" if answer is None else answer

    def answer(self, request):
        if "load" in request:
            self.contexts = request["load"]
            return {"loaded": len(self.contexts)}
        flag, tries = request["flag"], 0
        while True:
            # Asking is what the SDK does every half minute; here it asks when a test wants to know.
            self.client.load_feature_flags()
            tries += 1
            if (self.version(flag) or 0) >= request.get("until", 0):
                break
            if tries == TRIES:
                return {"late": self.version(flag)}
            time.sleep(0.005)
        at = time.monotonic()
        return {"variants": [self.variant(flag, one) for one in self.contexts], "version": self.version(flag), "at": at,
                "tries": tries}


if __name__ == "__main__":
    given = argparse.ArgumentParser()
    given.add_argument("url")
    given.add_argument("--unit", required=True)
    given.add_argument("--group")
    given.add_argument("--asks", action="store_true")
    given.add_argument("--token", default="phc_test")
    given.add_argument("--key", default="planted-sdk-token")
    reader = Reader(given.parse_args())
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        print(json.dumps(reader.answer(json.loads(line))), flush=True)
    reader.client.shutdown()
