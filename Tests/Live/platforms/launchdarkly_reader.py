"""One long-lived application that serves a flag through the real LaunchDarkly server SDK, from its file data source.

  launchdarkly_reader.py SOURCE UNIT [KIND]     SOURCE is a file, or the address of the scripted server's control port,
                                                whose document is then copied to a file before each look; UNIT is the
                                                attribute that says which context it is; KIND is the kind of context
                                                that UNIT is the key of, named as UNIT if not given

An application passes one context of that kind, with all attributes, as strings, numbers or booleans, on it. Without
the unit there is no such context, so it passes an anonymous user with the attributes. With KIND "user" it is the user's
key, and an anonymous one without it. A variant is the variation's value as text, or "default: REASON". The version is
the flag's in the environment.
"""

import json
import logging
import os
import sys
import tempfile
import time
import urllib.request

from ldclient import Context, LDClient
from ldclient.config import Config
from ldclient.integrations import Files

from platform_reader import serve

TICK = 0.05

logging.disable(logging.CRITICAL)


class Application:
    def __init__(self, source, unit, kind):
        self.source, self.unit, self.kind = source, unit, kind
        self.path = source
        if source.startswith("http"):
            self.path = os.path.join(tempfile.mkdtemp(prefix="launchdarkly-"), "flags.json")
        self.document = None
        self.refresh()
        # With the watchdog package a renamed file is not seen, and one that is written in place is read for ever.
        data = Files.new_data_source(paths=[self.path], auto_update=True, poll_interval=TICK, force_polling=True)
        self.client = LDClient(Config("sdk-key", update_processor_class=data, send_events=False), start_wait=5)

    def refresh(self):
        if self.path == self.source:
            return
        with urllib.request.urlopen(self.source + "/sdk") as answer:
            document = answer.read()
        if document != self.document:
            with open(self.path + ".new", "wb") as file:
                file.write(document)
            os.replace(self.path + ".new", self.path)
            self.document = document

    def context(self, attributes):
        key = attributes.get(self.unit)
        if key is None:
            builder = Context.builder("anonymous").anonymous(True)
        else:
            builder = Context.builder(str(key)).kind(self.kind)
        for name, value in attributes.items():
            builder.set(name, value)
        return builder.build()

    def variant(self, flag, attributes):
        told = self.client.variation_detail(flag, self.context(attributes), None)
        if told.is_default_value():
            return f"default: {told.reason.get('errorKind') or told.reason['kind']}"
        return told.value if isinstance(told.value, str) else json.dumps(told.value)

    def version(self, flag):
        states = self.client.all_flags_state(Context.create("anyone")).to_json_dict()["$flagsState"]
        return states.get(flag, {}).get("version")

    def wait(self):
        self.refresh()
        time.sleep(TICK / 2)

    def end(self):
        self.client.close()


if __name__ == "__main__":
    unit = sys.argv[2]
    serve(Application(sys.argv[1].rstrip("/"), unit, sys.argv[3] if len(sys.argv) > 3 else unit))
