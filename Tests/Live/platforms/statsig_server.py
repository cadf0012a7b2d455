"""A scripted Statsig: its gates and dynamic configurations over the Console API, and the specifications that its server SDKs
download.

Start, control port and faults: see platform_server.py. Written from Statsig's OpenAPI description of the Console API
(version 20240601) and its documentation. A key goes into the header STATSIG-API-KEY. Errors are {"status", "message"}.

The state holds "flags" by gate id and "configs" by the id of a dynamic configuration, each as the Console API shows it;
whatever is left out is filled in. Besides:

  "overrides": {GATE: {"passingUserIDs": [..], ..}}, "segments": {NAME: {"idType", "rules": [{"conditions"}]}}
  "salts": {GATE or RULE's baseID: ..}   what SDKs hash with; made up if not given, and shown by no REST answer
  "default_environment": "production"    for SDKs that name none
  "limit": {"requests": 100, "seconds": 10}    of changes; beyond are 429. "limits": several at a time, as Statsig has 100
                                                in 10 s and about 900 in 15 minutes

Statsig does not say what these do, so a test chooses:

  "review": "pending"   a gate that requires review is not changed by requests that ask to respect that: they are
                        answered 200 with the gate as it was and an activeReview; "refused": 403 instead
  "retry_after": true   429 comes with Retry-After
  "rule_paths": "id"    a rule is found under its present id only; "either" (the default): under its baseID too
  "fixed_rule_ids": true   the id of a rule stays when its percentage changes

POST /edit takes {"commit": GATE} too: somebody approves the gate's review, and it is carried out. And {"config": NAME,
"change": ..} does with a dynamic configuration what {"flag": ..} does with a gate.
"""

import copy
import time
from urllib.parse import urlencode

import statsig_rules as rules
from openapi import Shapes
from platform_server import Answer, merged, route, serve
from statsig_configs import Configs
from statsig_writing import GATES, MISSING, fail, fresh

TOLD = ("creatorName", "creatorID")


class Statsig(Configs):
    shapes = Shapes("statsig")

    def misshapen(self, faults):
        return fail(400, "Validation failed", [{"property": place, "errorMessage": why} for place, why in faults])

    def replace(self, state):
        super().replace({"overrides": {}, "segments": {}, "salts": {}, "history": {}, "reviews": {}, "changes": 0,
                         "configs": {}, "config_history": {}, **state})
        self.times = []
        for name, config in self.state["configs"].items():
            self.state["configs"][name] = self.filled_config(name, config)
            self.remember_config(self.state["configs"][name])
        for name, gate in self.state["flags"].items():
            self.state["flags"][name] = self.filled(name, gate)
            self.remember(self.state["flags"][name])

    def touch(self, gate):
        if "id" not in gate:
            name = next(name for name, one in self.state["flags"].items() if one is gate)
            gate.update(self.filled(name, gate))
        gate["rules"] = [self.filled_rule(rule) for rule in gate["rules"]]
        self.saved(gate, "Ada Byron", "ada@example.com", "2KpQd7wT5uVbXcYzLmNoPq")

    def edit(self, edit):
        with self.lock:
            super().edit(edit)
            if "commit" in edit:
                self.commit(self.gate(edit["commit"]))
            if "config" in edit:
                name = edit["config"]
                config = merged(self.state["configs"].get(name, {}), edit.get("change", {}))
                config = self.state["configs"][name] = self.filled_config(name, config)
                self.saved_config(config, "Ada Byron", "ada@example.com", "2KpQd7wT5uVbXcYzLmNoPq")

    def served(self):
        return {**self.state["flags"], **self.state["configs"]}

    # Access.

    def is_public(self, request):
        return request.path.startswith(("/v1/", "/v2/"))

    def authorized(self, request):
        return request.headers.get("statsig-api-key") == self.token

    def unauthorized(self, request):
        key = request.headers.get("statsig-api-key")
        if key is None:
            return fail(401, "The request is missing the STATSIG-API-KEY header.")
        # Statsig repeats the key that it was sent: an error text can hold a secret.
        return fail(401, "This endpoint only accepts an active CONSOLE key, but an invalid key was sent. Key: " + key)

    def unknown(self, request):
        return fail(404, f"Cannot {request.method} {request.path}")

    def unreadable(self, request):
        return fail(400, "Invalid request. Please check the request input and try again.")

    def before(self, request):
        version = request.headers.get("statsig-api-version", "20240601")
        if request.path.startswith("/console/") and version != "20240601":
            raise fail(400, f"Invalid STATSIG-API-VERSION: {version}")
        limits = self.state.get("limits", [])
        limits = limits + [self.state["limit"]] if "limit" in self.state else limits
        if request.method == "GET" or not limits or self.is_public(request):
            return
        clock = time.monotonic()
        self.times = [at for at in self.times if at > clock - max(one["seconds"] for one in limits)]
        for limit in limits:
            inside = [at for at in self.times if at > clock - limit["seconds"]]
            if len(inside) >= limit["requests"]:
                wait = max(1, int((inside[0] if inside else clock) + limit["seconds"] - clock + 1))
                raise Answer(429, {"status": 429, "message": "Too many requests. Please try again later."},
                             {"Retry-After": str(wait)} if self.state.get("retry_after") else {})
        self.times.append(clock)

    # Reading.

    def paged(self, request, found, message):
        limit, page = max(1, int(request.query.get("limit") or 100)), max(1, int(request.query.get("page") or 1))

        def link(number):
            return f"{request.path}?{urlencode({**request.query, 'page': number, 'limit': limit})}"

        return Answer(200, {"message": message, "data": found[(page - 1) * limit:page * limit], "pagination": {
            "itemsPerPage": limit, "pageNumber": page, "totalItems": len(found), "all": request.path,
            "nextPage": link(page + 1) if page * limit < len(found) else None,
            "previousPage": link(page - 1) if page > 1 else None}})

    @route("GET", "/console/v1/gates/?")
    def list_gates(self, request):
        found = list(self.state["flags"].values())
        for name in TOLD:
            if name in request.query:
                found = [gate for gate in found if gate[name] == request.query[name]]
        if "tags" in request.queries:
            wanted = {tag for text in request.queries["tags"] for tag in text.split(",")}
            found = [gate for gate in found if wanted & set(gate["tags"])]
        return self.paged(request, found, "Gates listed successfully.")

    @route("GET", GATES)
    def read_gate(self, request, name):
        return Answer(200, {"message": "Gate read successfully.", "data": self.gate(name)})

    @route("GET", GATES + "/rules")
    def read_rules(self, request, name):
        return Answer(200, {"message": "Gate rules read successfully.", "data": {"rules": self.gate(name)["rules"]}})

    @route("GET", GATES + "/overrides")
    def read_overrides(self, request, name):
        # 201, for a reading too: so it is in the description.
        return Answer(201, {"message": "Gate Overrides read successfully.", "data": self.overrides(self.gate(name))})

    @route("GET", GATES + "/versions")
    def list_versions(self, request, name):
        return self.paged(request, self.state["history"].get(self.gate(name)["id"], [])[::-1],
                          "Gate versions listed successfully.")

    @route("GET", "/console/v1/segments/?")
    def list_segments(self, request):
        # docs.statsig.com/api-reference/segments/list-segments
        return self.paged(request, [
            {"id": name, "name": name, "isEnabled": True, "description": "", "type": "rule_based", "count": 0, "tags": [],
             "idType": one.get("idType", "userID"), "rules": one["rules"]}
            for name, one in self.state["segments"].items()], "Segments listed successfully.")

    @route("GET", "/console/v1/settings/reviews")
    def read_settings(self, request):
        return Answer(200, {"message": "Settings read successfully.", "data": {
            "is_config_review_required": bool(self.state.get("review")), "is_metric_review_required": False,
            "is_metric_review_required_on_verified_only": False}})

    # Reviews.

    def propose(self, gate, proposed, lists, description, reviewers=()):
        review = {"review_id": fresh(), "status": "in_review", "type": "gate", "description": description,
                  "author": {"id": "1vaQaBoLlkauH9iiuOSBP2", "email": ""}, "reviewers": list(reviewers),
                  "created_at": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())}
        self.state["reviews"].setdefault(gate["id"], []).append({"shown": review, "gate": proposed, "lists": lists})
        gate["activeReview"] = {"reviewID": review["review_id"], "reviewStatus": review["status"],
                                "description": description}
        return review

    def commit(self, gate):
        review = self.state["reviews"][gate["id"]][-1]
        review["shown"]["status"] = "committed"
        kept = {name: gate[name] for name in ("version", "lastModifiedTime")}
        gate.clear()
        gate.update({**review["gate"], **kept})
        self.state["overrides"][gate["id"]] = review["lists"]
        self.saved(gate, "Ada Byron", "ada@example.com")

    @route("POST", GATES + "/reviews")
    def create_review(self, request, name):
        gate, data = self.gate(name), request.json or {}
        change = data.get("change")
        if not data.get("description") or not isinstance(change, dict) or len(change) != 1:
            raise fail(400, "Invalid request. Please check the request input and try again.")
        proposed = copy.deepcopy(gate)
        if "rules" in change:
            proposed["rules"] = self.replaced(gate, change["rules"])
        else:
            self.switch(proposed, bool(change.get("is_enabled")))
        review = self.propose(gate, proposed, self.overrides(gate), data["description"], [
            {"id": one, "kind": "user"} for one in data.get("reviewer_ids", [])])
        return Answer(201, {"message": "Gate review created successfully.", "data": review})

    @route("GET", GATES + "/reviews")
    def list_reviews(self, request, name):
        found = [one["shown"] for one in self.state["reviews"].get(self.gate(name)["id"], [])]
        return self.paged(request, found[::-1], "Gate reviews listed successfully.")

    @route("GET", GATES + "/reviews/{number}")
    def read_review(self, request, name, number):
        for one in self.state["reviews"].get(self.gate(name)["id"], []):
            if one["shown"]["review_id"] == number:
                return Answer(200, {"message": "Gate review read successfully.", "data": one["shown"]})
        raise fail(404, MISSING)

    # The SDK.

    def document(self):
        salts = self.state["salts"]
        gates = [rules.gate_spec(gate, self.overrides(gate), salts) for gate in self.state["flags"].values()]
        gates += [rules.segment_spec(name, one, salts) for name, one in self.state["segments"].items()]
        configs = [rules.config_spec(config, salts) for config in self.state["configs"].values()]
        latest = max([one["lastModifiedTime"] for one in self.served().values()], default=1)
        return {"has_updates": True, "time": max(latest, self.state["changes"]), "feature_gates": gates,
                "dynamic_configs": configs, "layer_configs": [], "layers": {}, "id_lists": {}, "diagnostics": {},
                "default_environment": self.state.get("default_environment")}

    def specifications(self, key, since, shape=lambda document: document):
        if key != self.sdk_token:
            raise Answer(403, {"success": False, "message": "Invalid SDK key"})
        document = self.document()
        return Answer(200, {"has_updates": False} if since >= document["time"] else shape(document))

    @route("GET", "/v1/download_config_specs/(?P<key>[^/]+)\\.json")
    def download(self, request, key):
        return self.specifications(key, int(request.query.get("sinceTime") or 0))

    @route("GET", "/v2/download_config_specs/(?P<key>[^/]+)\\.json")
    def download_for_core(self, request, key):
        return self.specifications(key, int(request.query.get("sinceTime") or 0), rules.core_document)

    @route("POST", "/v1/download_config_specs")
    def ask_for_download(self, request):
        return self.specifications(request.headers.get("statsig-api-key"), (request.json or {}).get("sinceTime", 0))

    @route("POST", "/v1/get_id_lists")
    def id_lists(self, request):
        return Answer(200, {})

    @route("POST", "/v1/log_event")
    def log_events(self, request):
        return Answer(202, {"success": True})


if __name__ == "__main__":
    serve(Statsig)
