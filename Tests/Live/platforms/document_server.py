"""A web server that keeps one flagd document as RFC 9110 has it: GET with an ETag, PUT under If-Match.

Start, control port and faults: see platform_server.py. The token is a bearer token. The state holds "text", the document
as it was sent, and "edition", which its tag is made of.
"""

import json

from platform_server import Answer, Platform, route, serve

DOCUMENT = "/flags.json"


class Document(Platform):
    def replace(self, state):
        self.state = {"text": '{\n  "flags": {}\n}\n', "edition": 1, **state}

    def served(self):
        return json.loads(self.state["text"])["flags"]

    def authorized(self, request):
        return request.headers.get("authorization") == f"Bearer {self.token}"

    def answer(self, status, body=None):
        return Answer(status, body, {"ETag": f'"{self.state["edition"]}"'})

    @route("GET", DOCUMENT)
    def read(self, request):
        return self.answer(200, self.state["text"])

    @route("PUT", DOCUMENT)
    def write(self, request):
        if request.headers.get("if-match") not in (None, f'"{self.state["edition"]}"'):
            raise self.answer(412)
        self.state = {"text": request.raw.decode(), "edition": self.state["edition"] + 1}
        return self.answer(204)


if __name__ == "__main__":
    serve(Document)
