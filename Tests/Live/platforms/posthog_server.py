"""A scripted PostHog: its flags over REST, and the definitions that its SDKs evaluate locally.

Start, control port and faults: see platform_server.py. Written from PostHog's serializers, views and their tests as of
September 2026. Reading needs "Authorization: Bearer TOKEN". Errors are {"type", "code", "detail", "attr"}.

The state holds "flags" by key, each as the REST API shows it; whatever is left out is filled in. Besides:

  "project": 1, "project_token": "phc_test"    what the paths and the SDK's query must name
  "scopes": ["*"]                   of the personal API key: "feature_flag:read", "feature_flag:write", "approvals:read"
  "scoped_teams": [1]               the projects that the key is for; all if not given
  "approvals": ["feature_flag.update", "feature_flag.enable", "feature_flag.disable"], or true for these three
  "old_server": true                no action endpoints (404), and "filters" of a PATCH replace the stored ones whole
  "key_filter": false               a list that does not know ?key= and shows everything
  "limit": {"requests", "seconds"}  more than so many requests are answered with 429 and Retry-After
  "cohorts": {"42": {"name", "properties", "is_static"}}, "group_types": {"0": "company"},
  "group_names": {"acme": "Acme"}
  "scheduled_changes": [..], "change_requests": [..], "history": {..}    what the API shows of them

POST /edit takes {"approve": ID} and {"reject": ID} too: somebody else decides about a change request.
"""

import json
import re
import time
from hashlib import sha1
from urllib.parse import urlencode

import posthog_filters as rules
import posthog_remote as remote
from platform_server import Answer, route, serve
from posthog_writing import FLAGS, PERSON, Writing, not_found, now, refusal

VERSION_FIELDS = ("id", "key", "name", "filters", "active", "deleted", "version", "ensure_experience_continuity",
                  "has_enriched_analytics", "is_remote_configuration", "has_encrypted_payloads", "evaluation_runtime",
                  "bucketing_identifier", "last_called_at", "created_at")
SDK_FIELDS = ("id", "name", "key", "filters", "deleted", "active", "ensure_experience_continuity", "version",
              "evaluation_runtime", "bucketing_identifier", "evaluation_contexts")


class PostHog(Writing):
    def replace(self, state):
        super().replace({"project": 1, "project_token": "phc_test", "scopes": ["*"], "approvals": [], "cohorts": {},
                         "group_types": {}, "group_names": {}, "scheduled_changes": [], "change_requests": [],
                         "history": {}, **state})
        self.times = []
        for key, flag in self.state["flags"].items():
            self.state["flags"][key] = self.filled(key, flag)

    def filled(self, key, flag):
        taken = [other.get("id", 0) for other in self.state["flags"].values()]
        return {
            "id": max([100, *taken]) + 1, "name": "", "key": key, "filters": {"groups": []}, "deleted": False,
            "active": True, "archived": False, "created_by": PERSON, "created_at": now(), "updated_at": now(),
            "version": 1, "last_modified_by": PERSON, "ensure_experience_continuity": False, "experiment_set": [],
            "experiment_set_metadata": [], "surveys": [], "features": [], "can_edit": True, "tags": [],
            "evaluation_contexts": [], "usage_dashboard": None, "analytics_dashboards": [],
            "has_enriched_analytics": False, "user_access_level": "manager", "is_remote_configuration": False,
            "has_encrypted_payloads": False, "status": "ACTIVE", "evaluation_runtime": "all",
            "bucketing_identifier": None, "last_called_at": None, "is_used_in_replay_settings": False,
            "is_eligible_for_experiment": False, **flag}

    def touch(self, flag):
        flag.update({**self.filled(flag.get("key", ""), {}), **flag})
        if not flag["key"]:
            flag["key"] = next(key for key, one in self.state["flags"].items() if one is flag)
        self.saved(flag, PERSON)

    def edit(self, edit):
        with self.lock:
            for flag in self.state["flags"].values():
                self.remember(flag)
            super().edit(edit)
            for word, outcome in (("approve", "applied"), ("reject", "rejected")):
                for one in self.state["change_requests"]:
                    if one["id"] == edit.get(word):
                        self.decide(one, outcome)

    # Access.

    def is_sdk(self, request):
        return request.path.rstrip("/") in ("/flags/definitions", "/api/feature_flag/local_evaluation")

    def is_public(self, request):
        return self.is_sdk(request) or self.is_evaluation(request)

    def is_evaluation(self, request):
        return request.path.rstrip("/") == "/flags" and request.method == "POST"

    def authorized(self, request):
        words = request.headers.get("authorization", "").split(None, 1)
        accepted = (self.token, self.sdk_token) if self.is_sdk(request) else (self.token,)
        return len(words) == 2 and words[0] == "Bearer" and words[1] in accepted

    def unauthorized(self, request):
        headers = {"WWW-Authenticate": "Bearer"}
        if not re.match(r"Bearer\s+\S", request.headers.get("authorization", "")):
            return refusal(401, "authentication_error", "not_authenticated",
                           "Authentication credentials were not provided.", headers=headers)
        return refusal(401, "authentication_error", "authentication_failed",
                       "Personal API key found in request Authorization header is invalid.", headers=headers)

    def before(self, request):
        methods = {method for method, pattern, _ in self.handlers if pattern.match(request.path)}
        if not methods:
            raise not_found("Endpoint not found.")
        if not self.is_evaluation(request) and not self.authorized(request):
            raise self.unauthorized(request)
        if request.method not in methods:
            raise refusal(405, "invalid_request", "method_not_allowed", f'Method "{request.method}" not allowed.',
                          headers={"Allow": ", ".join(sorted(methods))})
        things = {"change_requests": "approvals", "groups_types": "group", "cohorts": "cohort"}
        thing = next((scope for part, scope in things.items() if f"/{part}/" in request.path + "/"), "feature_flag")
        scope = f"{thing}:{'read' if request.method == 'GET' else 'write'}"
        held = self.state["scopes"]
        if not self.is_public(request) and "/personal_api_keys/" not in request.path and "*" not in held and scope not in held \
                and not (scope.endswith("read") and f"{thing}:write" in held):
            raise refusal(403, "authentication_error", "permission_denied", f"API key missing required scope '{scope}'")
        if limit := self.state.get("limit"):
            clock = time.monotonic()
            self.times = [at for at in self.times if at > clock - limit["seconds"]]
            if len(self.times) >= limit["requests"]:
                wait = max(1, int(self.times[0] + limit["seconds"] - clock + 1))
                raise refusal(429, "throttled_error", "throttled", "Request was throttled. Expected available in "
                              f"{wait} second{'' if wait == 1 else 's'}.", headers={"Retry-After": str(wait)})
            self.times.append(clock)
        kind = request.headers.get("content-type", "application/json").split(";")[0].strip()
        if request.raw and kind != "application/json":
            raise refusal(415, "invalid_request", "unsupported_media_type",
                          f'Unsupported media type "{kind}" in request.')

    def unreadable(self, request):
        return refusal(400, "invalid_request", "parse_error",
                       "JSON parse error - Expecting value: line 1 column 1 (char 0)")

    # Reading.

    @route("GET", FLAGS + "/?")
    def list_flags(self, request, project):
        self.check_project(project)
        asked = request.query
        found = [flag for flag in self.state["flags"].values() if not flag["deleted"]]
        if "key" in asked and self.state.get("key_filter", True):
            found = [flag for flag in found if flag["key"].lower() == asked["key"].lower()]
        if "search" in asked:
            found = [flag for flag in found if asked["search"].lower() in (flag["key"] + "\n" + flag["name"]).lower()]
        if asked.get("active") in ("true", "false"):
            found = [flag for flag in found if flag["active"] == (asked["active"] == "true")]
        # Unless it is asked for, what is archived is not listed: a flag can exist and not be found by its key.
        found = [flag for flag in found if flag["archived"] == (asked.get("archived") == "true")]
        found.sort(key=lambda flag: (flag["created_at"], flag["id"]), reverse=True)
        limit, offset = int(asked.get("limit") or 100), int(asked.get("offset") or 0)

        def page(at):
            return f"http://127.0.0.1:{self.port}{request.path}?" + urlencode({**asked, "limit": limit, "offset": at})

        return Answer(200, {
            "count": len(found), "next": page(offset + limit) if offset + limit < len(found) else None,
            "previous": page(max(0, offset - limit)) if offset else None,
            "results": [self.shown(flag) for flag in found[offset:offset + limit]]})

    @route("GET", FLAGS + "/{number}/?")
    def read_flag(self, request, project, number):
        return Answer(200, self.shown(self.flag(project, number)))

    @route("GET", FLAGS + "/{number}/dependent_flags/?")
    def read_dependents(self, request, project, number):
        return Answer(200, [{"id": one["id"], "key": one["key"], "name": one["name"] or one["key"]}
                            for one in self.dependents(self.flag(project, number))])

    @route("GET", FLAGS + "/{number}/versions/{version}/?")
    def read_version(self, request, project, number, version):
        flag = self.flag(project, number)
        if not version.isdigit() or not 1 <= int(version) <= (flag["version"] or 0):
            raise Answer(404, {"detail": f"Version {version} not found."})
        historical = int(version) != flag["version"]
        past = self.state["history"].get(number, {}).get(version) if historical else flag
        if past is None:
            raise Answer(422, {"detail": f"Activity log is incomplete; cannot reconstruct version {version}."})
        return Answer(200, {**{name: past[name] for name in VERSION_FIELDS}, "created_by": past["created_by"]["id"],
                            "is_historical": historical, "version_timestamp": past["updated_at"],
                            "modified_by": past["last_modified_by"]["id"]})

    @route("GET", "/api/(?:projects|environments)/{project}/scheduled_changes/?")
    def list_scheduled(self, request, project):
        self.check_project(project)
        asked = request.query
        found = [one for one in self.state["scheduled_changes"]
                 if all(str(one.get(name)) == asked[name] for name in ("record_id", "model_name") if name in asked)]
        return Answer(200, {"count": len(found), "next": None, "previous": None, "results": found})

    # The key that asks (posthog/api/personal_api_key.py): any key may look at itself, whatever its scopes.

    @route("GET", "/api/personal_api_keys/@current/?")
    def read_key(self, request):
        return Answer(200, {"id": "k1", "label": "rollouts", "value": None, "mask_value": "phx_...6789",
                            "created_at": now(), "last_used_at": now(), "user_id": 1,
                            "scopes": self.state["scopes"], "scoped_teams": self.state.get("scoped_teams", []),
                            "scoped_organizations": []})

    # What conditions refer to (posthog.com/docs/api/groups-types and /cohorts): a bare list, and one in pages.

    @route("GET", "/api/(?:projects|environments)/{project}/groups_types/?")
    def list_group_types(self, request, project):
        self.check_project(project)
        return Answer(200, [{"group_type": name, "group_type_index": int(index), "name_singular": None,
                             "name_plural": None, "detail_dashboard": None, "default_columns": None, "created_at": now()}
                            for index, name in sorted(self.state["group_types"].items())])

    @route("GET", "/api/(?:projects|environments)/{project}/cohorts/?")
    def list_cohorts(self, request, project):
        self.check_project(project)
        found = [{"id": int(number), "name": cohort.get("name"), "description": "", "deleted": False,
                  "filters": {"properties": cohort.get("properties")}, "is_static": cohort.get("is_static", False)}
                 for number, cohort in self.state["cohorts"].items()]
        return Answer(200, {"count": len(found), "next": None, "previous": None, "results": found})

    # The SDK.

    def document(self):
        """What /flags/definitions answers: every flag that is not deleted, on or off, in the order of their keys."""
        flags = [{**{name: flag[name] for name in SDK_FIELDS}, "team_id": self.state["project"],
                  "has_experiment": bool(flag["experiment_set"])}
                 for flag in self.state["flags"].values() if not flag["deleted"] and not flag["has_encrypted_payloads"]]
        used = {str(item.get("value")) for flag in flags for group in flag["filters"].get("groups", [])
                for item in group.get("properties") or [] if item.get("type") == "cohort"}
        return {"flags": rules.definitions(sorted(flags, key=lambda flag: flag["key"])),
                "group_type_mapping": self.state["group_types"],
                "cohorts": {number: cohort["properties"] for number, cohort in self.state["cohorts"].items()
                            if number in used and not cohort.get("is_static")},
                "minimal_flag_called_events": False,
                "property_matching_version": self.state.get("property_matching_version", 1)}

    @route("GET", "/flags/definitions/?")
    @route("GET", "/api/feature_flag/local_evaluation/?")
    def read_definitions(self, request):
        if request.query.get("token") != self.state["project_token"]:
            raise refusal(401, "authentication_error", "authentication_failed", "Project API key invalid.")
        text = json.dumps(self.document(), sort_keys=True)
        etag = f'"{sha1(text.encode()).hexdigest()[:16]}"'
        headers = {"ETag": etag, "Cache-Control": "private, must-revalidate"}
        if request.headers.get("if-none-match", "").removeprefix("W/") == etag:
            return Answer(304, None, headers)
        return Answer(200, text, {**headers, "Content-Type": "application/json"})

    @route("POST", "/flags/?")
    def evaluate(self, request):
        """Where an SDK cannot decide by itself; the project's own token says which project."""
        asked = request.json or {}
        if (asked.get("token") or asked.get("api_key")) != self.state["project_token"]:
            raise refusal(401, "authentication_error", "authentication_failed", "Project API key invalid.")
        flags = sorted(self.state["flags"].values(), key=lambda flag: flag["key"])
        return Answer(200, remote.answer(flags, asked, self.state["cohorts"], self.state["group_types"]))


if __name__ == "__main__":
    serve(PostHog)
