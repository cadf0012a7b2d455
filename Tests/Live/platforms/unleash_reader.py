"""One long-lived application that serves a flag through the real UnleashClient, which polls the server.

  unleash_reader.py URL UNIT [TOKEN]     URL is the server's, as in http://127.0.0.1:4242/api; UNIT is the attribute
                                         that rollouts are sticky to; TOKEN is "planted-sdk-token" if not given

The attributes go where an application of Unleash puts them: userId, sessionId, remoteAddress, environment and appName
at the top of the context, all others among its properties. A variant is the strategy's variant if it has one, with its
payload's type and value behind it, else "on" or "off". The version is the revision of the document that the SDK has.
"""

import json
import logging
import sys
import tempfile
import threading

from UnleashClient import UnleashClient
from UnleashClient.events import UnleashEventType

from platform_reader import serve

TOP = ("userId", "sessionId", "remoteAddress", "environment", "appName")

logging.disable(logging.CRITICAL)


class Application:
    def __init__(self, url, token):
        self.fetched = threading.Event()
        self.revision = None
        self.client = UnleashClient(
            url=url, app_name="reader", refresh_interval=1, disable_metrics=True, custom_headers={
                "Authorization": token}, cache_directory=tempfile.mkdtemp(prefix="unleash-"), event_callback=self.note)
        self.client.initialize_client()

    def note(self, event):
        # It is told of a fetch after the engine has taken the document.
        if event.event_type == UnleashEventType.FETCHED:
            self.revision = json.loads(event.raw_features)["meta"]["revisionId"]
            self.fetched.set()

    def context(self, attributes):
        context = {name: attributes[name] for name in TOP if name in attributes}
        return {**context, "properties": {name: value for name, value in attributes.items() if name not in TOP}}

    def variant(self, flag, attributes):
        told = self.client.get_variant(flag, self.context(attributes))
        if not told["feature_enabled"]:
            return "off"
        if not told["enabled"]:
            return "on"
        return " ".join([told["name"], *[told["payload"][name] for name in ("type", "value") if "payload" in told]])

    def version(self, flag):
        return self.revision

    def wait(self):
        self.fetched.wait(0.1)
        self.fetched.clear()

    def end(self):
        self.client.destroy()


if __name__ == "__main__":
    serve(Application(sys.argv[1], sys.argv[3] if len(sys.argv) > 3 else "planted-sdk-token"))
