"""One long-lived application that serves a flag through the real OpenFeature flagd provider, in file mode.

  reader.py FILE [DEADLINE_MS]     DEADLINE_MS is how often the provider looks at the file; 500 if not given

Each line of standard input is a request, a JSON object; each gets one line of JSON on standard output.

  {"load": [{...}, ...]}                  the contexts that later requests are about; answers {"loaded": N}
  {"flag", "object", "until"?: {...}}     the variant for every context, once the provider has followed the change that
                                          "until" describes: {"stage": S} (the flag's own metadata) or
                                          {"context": {...}, "variant": V}; answers {"variants": [...], "first": the
                                          value for the first context, "at": seconds on the machine's monotonic clock when
                                          the change was seen, "tries": N}, or {"late": what is served instead}

An absent variant (the provider fell back to the application's default) is shown as "default: REASON".
"""

import json
import logging
import sys
import threading
import time

from openfeature import api
from openfeature.contrib.provider.flagd import FlagdProvider
from openfeature.contrib.provider.flagd.config import ResolverType
from openfeature.evaluation_context import EvaluationContext
from openfeature.event import ProviderEvent

logging.disable(logging.CRITICAL)

TRIES = 20_000


class Reader:
    def __init__(self, path, deadline_ms):
        self.changed = threading.Event()
        provider = FlagdProvider(
            resolver_type=ResolverType.FILE, offline_flag_source_path=path, deadline_ms=deadline_ms
        )
        api.set_provider_and_wait(provider)
        self.client = api.get_client()
        self.client.add_handler(ProviderEvent.PROVIDER_CONFIGURATION_CHANGED, lambda _: self.changed.set())
        self.contexts = []

    def details(self, request, attributes):
        context = EvaluationContext(None, attributes)
        if request["object"]:
            return self.client.get_object_details(request["flag"], {}, context)
        return self.client.get_boolean_details(request["flag"], False, context)

    def variant(self, request, attributes):
        details = self.details(request, attributes)
        return details.variant or f"default: {details.reason}"

    def shown(self, request):
        until = request["until"]
        if "stage" in until:
            return self.details(request, self.contexts[0]).flag_metadata.get("rolloutctl.stage"), until["stage"]
        return self.variant(request, until["context"]), until["variant"]

    def answer(self, request):
        if "load" in request:
            self.contexts = request["load"]
            return {"loaded": len(self.contexts)}
        tries = 0
        while "until" in request:
            tries += 1
            shown, wanted = self.shown(request)
            if shown == wanted:
                break
            if tries == TRIES:
                return {"late": shown}
            # Woken by the provider itself; the limit only bounds how long a change that it missed goes unnoticed.
            self.changed.wait(0.002)
            self.changed.clear()
        at = time.monotonic()
        first = self.details(request, self.contexts[0]).value
        variants = [self.variant(request, one) for one in self.contexts]
        return {"variants": variants, "first": first, "at": at, "tries": tries}


if __name__ == "__main__":
    reader = Reader(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 500)
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        print(json.dumps(reader.answer(json.loads(line))), flush=True)
    api.shutdown()
