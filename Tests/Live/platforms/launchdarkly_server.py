"""A server that answers as LaunchDarkly's REST API does, for tests of the store that writes to it.

Written from its published OpenAPI document and documentation, not from any client. State (PUT /state):

  "flags": {KEY: a flag as GET /api/v2/flags/PROJECT/KEY shows it}   "project": "default"
  "environments": ["production", "test"]
  "approvals": [ENVIRONMENT..]    changes of a flag's configuration there are refused with 405
  "required_comments": true       shown with the environment, but not held against the API, as documented; "enforced"
                                  refuses a patch without one, should that ever change
  "pending": [{"flag", "environment"}]   a scheduled change that any other change would break: 400 unless
                                  ignoreConflicts=true
  "denied": [ACTION..]            e.g. updateOn: 403
  "access": {"role": "writer"}    what the token's own page shows: role, customRoleIds, inlineRole; null: 403
  "scheduled": {KEY: [scheduled changes]}   "workflows": {KEY: [workflows, each with "status"]}; null: 403, as on plans
                                  that have none
  "releases": {KEY: [automated releases, newest first]}
  "release_guard": true           changing the fallthrough during a release is refused; else it is accepted
  "testable": [..]                the paths at which a JSON Patch may test the version; all three that are known of if
                                  not given: /_version, /version, /environments/E/version
  "test_failure": 422             what a failed "test" is answered with; 409 is the other likely one
  "remaining": N                  requests left in this window, then 429 until X-Ratelimit-Reset; no limit if not given
  "window": 10                    seconds of such a window
  "segments": {KEY: a segment as SDKs get it}     "sdk_environment": "production"

What is easily got wrong, and is here as it is there: the token stands bare, without Bearer; variations are written by
id and read by index; a semantic patch without its content type is read as a JSON Patch, 400; rolloutContextKind is
"user" whenever it is left out, whatever was there; 405 is about approvals; the beta resource asks for a header, 403.
"""

import copy
import uuid

from json_patch import PatchFailure, patched
from launchdarkly_instructions import Instructions, Wrong, action
from launchdarkly_state import LaunchDarklyState, failure, invalid, milliseconds, not_found, salt
from openapi import Shapes
from platform_server import Answer, merged, route, serve

FLAG = "/api/v2/flags/{project}/{key}"
CONFIG = "/api/v2/projects/{project}/flags/{key}/environments/{environment}"
RELEASES = "/internal/projects/{project}/flags/{key}/automated-releases"
SEMANTIC = "domain-model=launchdarkly.semanticpatch"


class LaunchDarkly(LaunchDarklyState):
    shapes = Shapes("launchdarkly")

    def misshapen(self, faults):
        return invalid("; ".join(f"{place} is required" if why == "Required" else f"{place}: {why}" for place, why in faults))
    # Reading and creating flags.

    @route("GET", "/api/v2/flags/{project}")
    def list_flags(self, request, project):
        """A page of 20 without environments, unless filterEnv names some."""
        if project != self.state["project"]:
            raise not_found()
        flags = [one for one in self.state["flags"].values() if not one["archived"]]
        tags = [request.query["tag"]] if "tag" in request.query else []
        tags += [part[5:] for part in request.query.get("filter", "").split(",") if part.startswith("tags:")]
        for wanted in tags:
            flags = [one for one in flags if set(wanted.split("+")) <= set(one["tags"])]
        start, limit = int(request.query.get("offset", 0)), min(int(request.query.get("limit", 20)), 100)
        chosen = [part[10:] for part in request.query.get("filter", "").split(",") if part.startswith("filterEnv:")]
        items = []
        for one in flags[start:start + limit]:
            item = {**one, "environments": {name: one["environments"][name] for name in chosen}}
            items.append(item if chosen else {name: value for name, value in item.items() if name != "environments"})
        return Answer(200, {"items": items, "totalCount": len(flags), "_links": {}})

    @route("POST", "/api/v2/flags/{project}")
    def create_flag(self, request, project):
        if project != self.state["project"]:
            raise not_found()
        self.may("createFlag", project, None, (request.json or {}).get("key"))
        given = request.json
        for needed in ("key", "name"):
            if not isinstance(given, dict) or not given.get(needed):
                raise invalid(f"{needed} is required")
        if not all(each.isalnum() or each in "._-" for each in given["key"]):
            raise invalid("Key must only contain letters, numbers, '.', '_' or '-'")
        if given["key"] in self.state["flags"]:
            raise failure(409, "key_exists", "A feature flag with that key already exists")
        if len(given.get("variations", [0, 0])) < 2:
            raise invalid("A flag must have at least 2 variations")
        flag = {name: copy.deepcopy(given[name]) for name in (
            "key", "name", "description", "variations", "temporary", "tags", "defaults", "clientSideAvailability",
            "maintainerId", "customProperties") if name in given}
        values = [one.get("value") for one in flag.get("variations", [{"value": True}, {"value": False}])]
        flag["kind"] = "boolean" if all(isinstance(one, bool) for one in values) else "multivariate"
        self.state["flags"][given["key"]] = flag
        self.fill(given["key"], flag)
        return Answer(201, flag)

    @route("GET", FLAG)
    def get_flag(self, request, project, key):
        flag = self.flag(project, key)
        wanted = [name for part in request.queries.get("env", []) for name in part.split(",")]
        return Answer(200, {**flag, "environments": {name: config for name, config in flag["environments"].items()
                                                     if not wanted or name in wanted}})

    @route("DELETE", FLAG)
    def delete_flag(self, request, project, key):
        self.flag(project, key)
        del self.state["flags"][key]
        return Answer(204)

    # Changing them.

    @route("PATCH", FLAG)
    def patch_flag(self, request, project, key):
        flag = self.flag(project, key)
        if SEMANTIC in request.headers.get("content-type", "").replace(" ", ""):
            after, comment, environments, actions = self.by_instructions(request, project, flag)
        else:
            after, comment, environments, actions = self.by_operations(request, project, flag)
        if self.state["required_comments"] == "enforced" and environments and not comment:
            raise invalid("Comment is required")
        for environment in environments:
            if environment in self.state["approvals"]:
                raise failure(405, "method_not_allowed", "Flag configuration updates require approval: action "
                              f"'{actions[0]}' not allowed")
            for doing in actions:
                self.may(doing, project, environment, key)
            broken = {"flag": key, "environment": environment} in self.state["pending"]
            if broken and request.query.get("ignoreConflicts") != "true":
                raise invalid("This change would cause a pending scheduled change or approval request to fail")
        if request.query.get("dryRun") == "true":
            # Raised, as refusals are, so that nothing of it stays.
            raise Answer(200, after)
        self.keep(project, key, after, comment, actions)
        return Answer(200, self.state["flags"][key])

    def by_instructions(self, request, project, flag):
        body = request.json
        if not isinstance(body, dict) or not isinstance(body.get("instructions"), list) or not body["instructions"]:
            raise invalid("instructions are required")
        environment = body.get("environmentKey")
        after = self.after_instructions(flag, environment, body["instructions"])
        kinds = [one["kind"] for one in body["instructions"]]
        configured = [one for one in kinds if one not in Instructions.WHOLE]
        return after, body.get("comment"), [environment] if configured else [], [action(one) for one in kinds]

    def after_instructions(self, flag, environment, instructions):
        """The flag as it would be, with its versions risen if anything differs."""
        after = copy.deepcopy(flag)
        releases = self.state["releases"].setdefault(flag["key"], [])
        work = Instructions(after, environment, releases)
        try:
            for one in instructions:
                if self.state["release_guard"] and one.get("kind") == "updateFallthroughVariationOrRollout":
                    for release in work._running():
                        raise Wrong(f"Flag must not have ongoing {release['kind']} rollout")
                work.carry_out(one)
        except Wrong as problem:
            code = "internal_service_error" if problem.status == 500 else "invalid_request"
            raise failure(problem.status, code, str(problem)) from None
        return self.risen(flag, after)

    def risen(self, before, after):
        for name, config in after["environments"].items():
            if config != before["environments"].get(name):
                config["version"] = before["environments"][name]["version"] + 1
                config["lastModified"] = milliseconds()
        if after != before:
            after["_version"] = before["_version"] + 1
        return after

    def by_operations(self, request, project, flag):
        """JSON Patch, bare or beside a comment; or a merge patch beside a comment."""
        body = request.json
        comment = body.get("comment") if isinstance(body, dict) else None
        operations = body.get("patch") if isinstance(body, dict) else body
        if isinstance(body, dict) and isinstance(body.get("merge"), dict):
            after = merged(flag, body["merge"])
        elif isinstance(operations, list) and all(isinstance(one, dict) and "op" in one and "path" in one
                                                  for one in operations):
            after = self.after_operations(flag, operations)
        else:
            raise invalid("Invalid request body")
        changed = [name for name, config in after["environments"].items() if config != flag["environments"].get(name)]
        actions = ["updateOn" if after["environments"][name]["on"] != flag["environments"][name]["on"]
                   else "updateFallthrough" for name in changed]
        return self.risen(flag, after), comment, changed, actions

    def after_operations(self, flag, operations):
        whole = {**copy.deepcopy(flag), "version": flag["_version"]}
        refused = failure(self.state["test_failure"], "patch_failed" if self.state["test_failure"] == 422
                          else "optimistic_locking_error", "Unprocessable entity. Could not apply patch."
                          if self.state["test_failure"] == 422 else "Conflict. Optimistic lock error. Try again later.")
        testable = [path.replace("{environment}", name) for path in self.state["testable"]
                    for name in flag["environments"]]
        for one in operations:
            if one["op"] == "test" and one["path"].endswith("version") and one["path"] not in testable:
                raise refused
            if one["op"] != "test" and one["path"].split("/")[-1].startswith("_"):
                raise failure(422, "patch_failed", "Unprocessable entity. Could not apply patch.")
        try:
            after = patched(whole, operations)
        except (PatchFailure, KeyError, ValueError) as problem:
            if getattr(problem, "is_test", False):
                raise refused from None
            raise failure(422, "patch_failed", "Unprocessable entity. Could not apply patch.") from None
        del after["version"]
        return after

    def keep(self, project, key, after, comment, actions):
        self.state["flags"][key] = after
        self.fill(key, after)
        self.state["audit"].insert(0, {
            "_id": uuid.uuid4().hex[:24], "date": milliseconds(), "kind": "flag", "name": key,
            "comment": comment or "", "titleVerb": "updated the flag",
            "accesses": [{"action": one, "resource": f"proj/{project}:env/*:flag/{key}"} for one in actions]})

    @route("GET", "/api/v2/auditlog")
    def audit_log(self, request):
        limit = int(request.query.get("limit", 10))
        return Answer(200, {"items": self.state["audit"][:limit], "totalCount": len(self.state["audit"])})

    @route("GET", "/api/v2/projects/{project}/environments/{environment}")
    def get_environment(self, request, project, environment):
        if project != self.state["project"] or environment not in self.state["environments"]:
            raise not_found()
        return Answer(200, {
            "_id": salt(environment)[:24], "key": environment, "name": environment.capitalize(), "tags": [],
            "critical": environment == "production", "confirmChanges": False,
            "requireComments": bool(self.state["required_comments"]),
            "approvalSettings": {"required": environment in self.state["approvals"], "minNumApprovals": 1,
                                 "canReviewOwnRequest": False, "serviceKind": "launchdarkly"}})

    # Segments, as far as others need to know that they exist.

    def segment_shown(self, key):
        one = self.state["segments"][key]
        return {"key": key, "name": one.get("name", key), "tags": [], "version": 1, "included": one.get("included", []),
                "excluded": one.get("excluded", []), "rules": one.get("rules", []), "deleted": False, "_links": {}}

    @route("GET", "/api/v2/segments/{project}/{environment}")
    def list_segments(self, request, project, environment):
        self.get_environment(request, project, environment)
        start, limit = int(request.query.get("offset", 0)), min(int(request.query.get("limit", 20)), 50)
        keys = list(self.state["segments"])
        return Answer(200, {"items": [self.segment_shown(key) for key in keys[start:start + limit]],
                            "totalCount": len(keys), "_links": {}})

    @route("GET", "/api/v2/segments/{project}/{environment}/{key}")
    def get_segment(self, request, project, environment, key):
        self.get_environment(request, project, environment)
        if key not in self.state["segments"]:
            raise not_found()
        return Answer(200, self.segment_shown(key))

    # Approval requests.

    @route("POST", CONFIG + "/approval-requests")
    def request_approval(self, request, project, key, environment):
        flag, given = self.flag(project, key), request.json
        if not isinstance(given, dict) or not given.get("description") or not given.get("instructions"):
            raise invalid("description and instructions are required")
        kept = copy.deepcopy(self.state["releases"])
        self.after_instructions(flag, environment, given["instructions"])
        self.state["releases"] = kept
        asked = {"_id": uuid.uuid4().hex[:24], "_version": 1, "creationDate": milliseconds(),
                 "serviceKind": "launchdarkly", "reviewStatus": "pending", "allReviews": [], "status": "pending",
                 "notifyMemberIds": given.get("notifyMemberIds", []), "description": given["description"],
                 "instructions": given["instructions"], "conflicts": [], "_links": {},
                 "project": project, "flag": key, "environment": environment}
        self.state["approval_requests"].append(asked)
        return Answer(201, asked)

    def approval(self, id):
        for one in self.state["approval_requests"]:
            if one["_id"] == id:
                return one
        raise not_found()

    @route("GET", "/api/v2/approval-requests/{id}")
    def get_approval(self, request, id):
        return Answer(200, self.approval(id))

    @route("POST", "/api/v2/approval-requests/{id}/reviews")
    def review(self, request, id):
        asked, kind = self.approval(id), request.json.get("kind")
        if kind not in ("approve", "comment", "decline"):
            raise invalid("kind must be approve, comment or decline")
        asked["allReviews"].append({"kind": kind, "comment": request.json.get("comment", "")})
        asked["reviewStatus"] = {"approve": "approved", "decline": "declined"}.get(kind, asked["reviewStatus"])
        return Answer(200, asked)

    @route("POST", "/api/v2/approval-requests/{id}/apply")
    def apply(self, request, id):
        asked = self.approval(id)
        if asked["reviewStatus"] != "approved" or asked["status"] == "completed":
            raise failure(405, "method_not_allowed", "Approval request is not approved")
        flag = self.flag(asked["project"], asked["flag"])
        after = self.after_instructions(flag, asked["environment"], asked["instructions"])
        self.keep(asked["project"], asked["flag"], after, request.json.get("comment"),
                  [action(one["kind"]) for one in asked["instructions"]])
        asked["status"] = "completed"
        return Answer(200, asked)

    # Triggers: an address that needs no token.

    @route("POST", "/api/v2/flags/{project}/{key}/triggers/{environment}")
    def create_trigger(self, request, project, key, environment):
        self.flag(project, key)
        kinds = [one.get("kind") for one in request.json.get("instructions", [])]
        if not request.json.get("integrationKey") or kinds not in (["turnFlagOff"], ["turnFlagOn"]):
            raise invalid("instructions must be one of turnFlagOn and turnFlagOff")
        id, secret = uuid.uuid4().hex[:24], str(uuid.uuid4())
        trigger = {"_id": id, "_version": 1, "_creationDate": milliseconds(), "enabled": True, "_triggerCount": 0,
                   "_integrationKey": request.json["integrationKey"], "instructions": request.json["instructions"],
                   "project": project, "flag": key, "environment": environment, "secret": secret}
        self.state["triggers"].append(trigger)
        address = f"http://{request.headers['host']}/webhook/triggers/{id}/{secret}"
        return Answer(201, {**{name: value for name, value in trigger.items() if name != "secret"},
                            "triggerURL": address})

    @route("POST", "/webhook/triggers/{id}/{secret}")
    def pull(self, request, id, secret):
        for one in self.state["triggers"]:
            if (one["_id"], one["secret"]) == (id, secret) and one["enabled"]:
                flag = self.flag(one["project"], one["flag"])
                after = self.after_instructions(flag, one["environment"], one["instructions"])
                self.keep(one["project"], one["flag"], after, "trigger", ["updateOn"])
                one["_triggerCount"] += 1
                return Answer(200, {})
        raise not_found()

    # Automated releases.

    @route("GET", RELEASES)
    def list_releases(self, request, project, key):
        if request.headers.get("ld-api-version") != "beta":
            raise failure(403, "forbidden", "LD-API-Version header required to be beta")
        self.flag(project, key)
        wanted = request.query.get("filter", "").removeprefix("environmentKey:")
        found = [one for one in self.state["releases"].get(key, []) if not wanted or one["environmentKey"] == wanted]
        return Answer(200, {"items": found[:min(int(request.query.get("limit", 20)), 100)],
                            "_links": {"self": {"href": request.path}}})

    def planned(self, request, project, key, name):
        self.flag(project, key)
        if self.state[name] is None:
            raise failure(403, "forbidden", "Your plan does not have this")
        return self.state[name].get(key, [])

    @route("GET", CONFIG + "/scheduled-changes")
    def list_scheduled(self, request, project, key, environment):
        return Answer(200, {"items": self.planned(request, project, key, "scheduled"), "_links": {}})

    @route("GET", CONFIG + "/workflows")
    def list_workflows(self, request, project, key, environment):
        wanted = request.query.get("status")
        found = [one for one in self.planned(request, project, key, "workflows")
                 if wanted in (None, one.get("status"))]
        return Answer(200, {"items": [{name: value for name, value in one.items() if name != "status"}
                                      for one in found], "totalCount": len(found), "_links": {}})


if __name__ == "__main__":
    serve(LaunchDarkly)
