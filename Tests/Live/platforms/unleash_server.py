"""A server that answers as the open-source Unleash server (v8) does, for tests of the store that writes to it.

Written from its published sources, not from any client. State (PUT /state), all optional but "flags":

  "flags": {NAME: a feature as GET /api/admin/projects/P/features/NAME shows it, "environments" a list}
  "projects": {ID: {"environments": [..], "defaultStrategies": {ENVIRONMENT: strategy}}}; "default" with "development"
             and "production" if not given
  "segments": [{"id", "name", "constraints", "project"?}]     "context": [{"name", "stickiness", "legalValues"}]
  "change_requests": [ENVIRONMENT..]   where writes need change requests (Enterprise): 403 with SKIP_CHANGE_REQUEST
  "skip_change_request": true          the token may write past them
  "enterprise": true                   the change requests' own routes exist (else 404, as in the open-source server)
  "permissions": [{"permission", "project"?, "environment"?}]   what /user shows of whoever asks; ADMIN if not given
  "tokens": [{"id", "description", "expiresAt", "seenAt"}]   the user's personal tokens, without their secrets
  "missing_permissions": [..]          what the token may not do, e.g. UPDATE_FEATURE_ENVIRONMENT
  "test_op": "refused"                 JSON Patch without "test", as before October 2025; "honoured" if not given
  "tag_types": ["simple"]              the types that tags may have
  "limits": {..}                       see unleash_rules.LIMITS
  "admin_token": true                  whoever asks has a token of the admin API, and so no personal ones to show
  "maintenance": true                  every write is 503, as ui-config tells everybody; /maintenance switches it
  "sdk_environment": "production"      whose strategies the SDK's token gets

What is easily got wrong, and is here as it is there: GET .../environments/E leaves out each strategy's segments; PUT of
a strategy without constraints or variants erases them; /on makes up a 100 % strategy when none is active; disabling or
deleting the last active strategy turns the environment off; deleting what is not there is 404; a failed "test" is 500;
a new flag may come with such tags only as some flag has had before (POST .../tags makes them); a project that is not
there has an empty list of flags; what is archived is asked for in vain by its name, and shown by its environment's route.
A request of more than 100 kB is 413. The last five were seen on a real 8.2.0, and so was the playground.
"""

import hashlib

import unleash_rules as rules
from platform_server import Answer, route, serve
from unleash_features import PROJECT
from unleash_playground import UnleashPlayground
from unleash_state import now

CHANGES = PROJECT + "/environments/{environment}/change-requests"
TAGS = "/api/admin/features/{name}/tags"


class Unleash(UnleashPlayground):
    def carry_out(self, request):
        if len(request.raw or b"") > 100 * 1024:
            return Answer(413, {"message": "request entity too large"})
        return super().carry_out(request)

    # Tags.

    def tagged(self, name):
        flag = self.state["flags"].get(name)
        if flag is None:
            raise rules.not_found(f"Could not find feature with name {name}")
        return flag

    def add_tag(self, flag, tag):
        if not isinstance(tag, dict) or not {"type", "value"} <= set(tag):
            raise rules.schema_failure("The `value` property is required. It was not present on the data you sent.")
        if not 2 <= len(tag["value"]) <= 50:
            raise rules.schema_failure(f'"value" length must be between 2 and 50 characters. You provided '
                                       f'"{tag["value"]}".')
        if tag["type"] not in self.state["tag_types"]:
            raise rules.failure("UnknownError", "insert or update on table \"tags\" violates foreign key constraint")
        kept = {"type": tag["type"], "value": tag["value"]}
        if kept not in self.state["tags"]:
            self.state["tags"].append(kept)
        if kept not in flag["tags"]:
            flag["tags"].append(kept)
            self.happened("feature-tagged", flag, data=kept)
        return kept

    @route("GET", TAGS)
    def list_tags(self, request, name):
        return Answer(200, {"version": 1, "tags": self.tagged(name)["tags"]})

    @route("POST", TAGS)
    def post_tag(self, request, name):
        tag = self.add_tag(self.tagged(name), request.json)
        return Answer(201, tag, {"Location": f"{name}/tags"})

    @route("PUT", TAGS)
    def put_tags(self, request, name):
        self.change_tags(self.tagged(name), request.json)
        return self.list_tags(request, name)

    @route("DELETE", "/api/admin/tags/{type}/{value}")
    def forget_tag(self, request, type, value):
        """Takes it from every flag, too."""
        gone = {"type": type, "value": value}
        self.state["tags"] = [one for one in self.state["tags"] if one != gone]
        for flag in self.state["flags"].values():
            flag["tags"] = [one for one in flag["tags"] if one != gone]
        return Answer(200)

    def change_tags(self, flag, change):
        for tag in change.get("addedTags", []):
            self.add_tag(flag, tag)
        for tag in change.get("removedTags", []):
            if tag in flag["tags"]:
                flag["tags"].remove(tag)
                self.happened("feature-untagged", flag, data=tag)

    @route("DELETE", TAGS + "/{kind}/{value}")
    def delete_tag(self, request, name, kind, value):
        self.change_tags(self.tagged(name), {"removedTags": [{"type": kind, "value": value}]})
        return Answer(200)

    @route("PUT", PROJECT + "/tags")
    def tag_many(self, request, project):
        for name in request.json["features"]:
            self.change_tags(self.tagged(name), request.json["tags"])
        return Answer(200)

    # Segments and context fields.

    def segment(self, id):
        for one in self.state["segments"]:
            if str(one["id"]) == id:
                return one
        raise rules.not_found(f"Could find segment with id {id}")

    def check_segment(self, given, old_name=None):
        if not isinstance(given, dict) or "name" not in given or "constraints" not in given:
            raise rules.schema_failure("The `constraints` property is required. It was not present on the data you "
                                       "sent.")
        rules.check_schema({"constraints": given["constraints"]})
        constraints = rules.checked_constraints(given["constraints"], [], {}, self.state["limits"])
        if sum(len(one["values"]) for one in constraints) > self.state["limits"]["segmentValues"]:
            raise rules.bad_data(f"Segments may not have more than {self.state['limits']['segmentValues']} values")
        if given["name"] != old_name and any(one["name"] == given["name"] for one in self.state["segments"]):
            raise rules.failure("NameExistsError", "Segment name already exists")
        return {"name": given["name"], "description": given.get("description"), "project": given.get("project"),
                "constraints": constraints}

    @route("GET", "/api/admin/segments")
    def list_segments(self, request):
        return Answer(200, {"segments": self.state["segments"]})

    @route("GET", "/api/admin/segments/{id}")
    def get_segment(self, request, id):
        return Answer(200, self.segment(id))

    @route("POST", "/api/admin/segments")
    def create_segment(self, request):
        id = max((one["id"] for one in self.state["segments"]), default=0) + 1
        segment = {"id": id, **self.check_segment(request.json), "createdBy": "rollout", "createdAt": now()}
        self.state["segments"].append(segment)
        self.state["revision"] += 1
        return Answer(201, segment, {"Location": f"segments/{id}"})

    @route("PUT", "/api/admin/segments/{id}")
    def put_segment(self, request, id):
        segment = self.segment(id)
        segment.update(self.check_segment(request.json, segment["name"]))
        self.state["revision"] += 1
        return Answer(204)

    @route("GET", "/api/admin/context")
    def list_fields(self, request):
        return Answer(200, self.state["context"])

    @route("GET", "/api/admin/context/{name}")
    def get_field(self, request, name):
        for one in self.state["context"]:
            if one["name"] == name:
                return Answer(200, one)
        raise rules.not_found("Could not find context field")

    @route("POST", "/api/admin/context")
    def create_field(self, request):
        rules.check_name(request.json.get("name"))
        if any(one["name"] == request.json["name"] for one in self.state["context"]):
            raise rules.failure("NameExistsError", "A context field with that name already exist")
        field = {"description": "", "stickiness": False, "sortOrder": 0, "legalValues": [], **request.json,
                 "createdAt": now()}
        self.state["context"].append(field)
        return Answer(201, field, {"Location": f"context/{field['name']}"})

    # What happened, newest first.

    @route("GET", "/api/admin/search/events")
    def search_events(self, request):
        wanted = {"featureName": request.query.get("feature"), "project": request.query.get("project")}
        found = [one for one in self.state["events"]
                 if all(text is None or text.split(":", 1)[-1] == one[name] for name, text in wanted.items())]
        start = int(request.query.get("offset", 0))
        return Answer(200, {"events": found[start:start + int(request.query.get("limit", 50))], "total": len(found)})

    # Who is asking (src/lib/routes/admin-api/user).

    @route("GET", "/api/admin/user")
    def read_me(self, request):
        return Answer(200, {"user": {"id": 2, "username": "rollout", "permissions": []},
                            "permissions": self.state["permissions"], "feedback": [], "splash": {}})

    @route("GET", "/api/admin/ui-config")
    def read_server(self, request):
        edition = "Enterprise" if self.state["enterprise"] else "Open Source"
        current = {"oss": "" if self.state["enterprise"] else "8.2.0",
                   "enterprise": "8.2.0" if self.state["enterprise"] else ""}
        # The flag of the same name among "flags" stays false there.
        return Answer(200, {"environment": edition, "version": "8.2.0", "flags": {"maintenanceMode": False},
                            "versionInfo": {"current": current}, "maintenanceMode": self.state["maintenance"]})

    @route("GET", "/api/admin/maintenance")
    def read_maintenance(self, request):
        return Answer(200, {"enabled": self.state["maintenance"]})

    @route("POST", "/api/admin/maintenance")
    def switch_maintenance(self, request):
        self.state["maintenance"] = request.json["enabled"]
        return Answer(204)

    @route("GET", PROJECT + "/overview")
    def read_project(self, request, project):
        if project not in self.state["projects"]:
            raise rules.not_found("No project found")
        names = self.state["projects"][project]["environments"]
        return Answer(200, {"name": project, "health": 100, "environments": [{"environment": name} for name in names],
                            "version": 1})

    @route("GET", "/api/admin/user/tokens")
    def list_my_tokens(self, request):
        if self.state["admin_token"]:
            raise rules.failure("ForbiddenError", "PATs require an authenticated user.")
        return Answer(200, {"pats": [{"userId": 2, "createdAt": now(), "seenAt": None, **one}
                                     for one in self.state["tokens"]]})

    # Change requests, which only the Enterprise edition has.

    def enterprise(self, request):
        if not self.state["enterprise"]:
            raise self.unknown(request)

    @route("POST", CHANGES)
    def request_change(self, request, project, environment):
        """Joins the caller's open request in this environment, if there is one."""
        self.enterprise(request)
        given = request.json if isinstance(request.json, list) else [request.json]
        opened = [one for one in self.state["requests"] if one["environment"] == environment
                  and one["project"] == project and one["state"] in ("Draft", "In review", "Approved")]
        if not opened:
            id = len(self.state["requests"]) + 1
            opened = [{"id": id, "title": f"Change request #{id}", "environment": environment, "project": project,
                       "minApprovals": 1, "state": "Draft", "features": [], "approvals": [], "comments": []}]
            self.state["requests"] += opened
        for one in given:
            self.feature(project, one["feature"])
            change = {"id": sum(len(each["changes"]) for each in opened[0]["features"]) + 1, "action": one["action"],
                      "payload": one["payload"]}
            for each in opened[0]["features"]:
                if each["name"] == one["feature"]:
                    each["changes"].append(change)
                    break
            else:
                opened[0]["features"].append({"name": one["feature"], "changes": [change]})
        return Answer(200, opened[0])

    @route("GET", PROJECT + "/change-requests/config")
    def change_settings(self, request, project):
        self.enterprise(request)
        return Answer(200, [{"environment": name, "type": name, "changeRequestEnabled": name in
                             self.state["change_requests"], "requiredApprovals": 1}
                            for name in self.state["projects"][project]["environments"]])

    @route("GET", PROJECT + "/change-requests/{id}")
    def get_change(self, request, project, id):
        self.enterprise(request)
        for one in self.state["requests"]:
            if str(one["id"]) == id and one["project"] == project:
                return Answer(200, one)
        raise rules.not_found(f"Change request with id {id} does not exist")

    @route("PUT", PROJECT + "/change-requests/{id}/state")
    def move_change(self, request, project, id):
        """Applying is what another one's approval leads to, so it needs a request that was approved."""
        one = next((each for each in self.state["requests"] if str(each["id"]) == id), None)
        self.get_change(request, project, id)
        wanted = request.json.get("state")
        if wanted == "Applied":
            if one["state"] != "Approved":
                raise rules.bad_data(f"Cannot apply a change request that is {one['state']}")
            self.apply(one)
        one["state"] = wanted
        return Answer(200)

    def apply(self, one):
        environment, kept = one["environment"], self.state["skip_change_request"]
        self.state["skip_change_request"] = True
        for each in one["features"]:
            flag = self.feature(one["project"], each["name"])
            for change in each["changes"]:
                payload = change["payload"]
                if change["action"] == "updateEnabled":
                    self.switch(one["project"], each["name"], environment, payload["enabled"],
                                payload.get("shouldActivateDisabledStrategies", False))
                elif change["action"] == "addStrategy":
                    self.added(flag, self.environment(flag, environment, "no such environment"), payload)
                elif change["action"] == "updateStrategy":
                    self.updated(payload["id"], payload, one["project"], each["name"], environment)
        self.state["skip_change_request"] = kept

    # What SDKs ask for.

    def document(self, inline=False):
        """The features of one environment, as `GET /api/client/features` gives them: without what is disabled."""
        environment = self.state["sdk_environment"]
        constraints = {one["id"]: one["constraints"] for one in self.state["segments"]}
        features, used = [], set()
        for flag in self.state["flags"].values():
            held = next((one for one in flag["environments"] if one["name"] == environment), None)
            if flag["archived"] or held is None:
                continue
            strategies = []
            for one in held["strategies"]:
                if one["disabled"]:
                    continue
                told = {"name": one["name"], "constraints": list(one["constraints"]),
                        "parameters": one["parameters"], "variants": one["variants"]}
                if inline:
                    told["constraints"] += [each for id in one["segments"] for each in constraints.get(id, [])]
                elif one["segments"]:
                    told["segments"] = one["segments"]
                    used.update(one["segments"])
                strategies.append(told)
            names = ("impressionData", "name", "description", "project", "stale", "type", "variants")
            features.append({**{name: flag[name] for name in names}, "enabled": held["enabled"],
                             "strategies": strategies})
        query = {"environment": environment, "inlineSegmentConstraints": inline}
        hashed = hashlib.sha1(repr(query).encode()).hexdigest()[:8]
        revision = self.state["revision"]
        document = {"version": 2, "features": features, "query": query, "meta": {
            "revisionId": revision, "etag": f'"{hashed}:{revision}:v1"', "queryHash": hashed}}
        if not inline:
            document["segments"] = [{"id": id, "constraints": constraints[id]} for id in sorted(used)
                                    if id in constraints]
        return document

    @route("GET", "/api/client/features")
    def client_features(self, request):
        document = self.document(inline="unleash-client-spec" not in request.headers)
        etag = document["meta"]["etag"]
        if request.headers.get("if-none-match") == etag:
            return Answer(304)
        return Answer(200, document, {"ETag": etag})

    @route("POST", "/api/client/register")
    def register(self, request):
        return Answer(202)

    @route("POST", "/api/client/metrics")
    def metrics(self, request):
        return Answer(202)


if __name__ == "__main__":
    serve(Unleash)
