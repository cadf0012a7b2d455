"""Drives the scripted PostHog as PostHog's documentation and tests show it, every trap included."""

from trial import Trial

TARGETING = {
    "groups": [{"properties": [{"key": "email", "type": "person", "value": "@example.com", "operator": "icontains"}],
                "rollout_percentage": 10, "description": "internal users"},
               {"properties": [], "rollout_percentage": 5}],
    "multivariate": {"variants": [{"key": "control", "rollout_percentage": 60, "name": "Control"},
                                  {"key": "test", "rollout_percentage": 40}]},
    "payloads": {"control": '{"copy": "a"}'}, "aggregation_group_type_index": None}
PLAIN = {"groups": [{"properties": [], "rollout_percentage": 5}]}
STORED = {"groups": [{"properties": [], "rollout_percentage": 5, "aggregation_group_type_index": None}],
          "aggregation_group_type_index": None}
FLAGS = "/api/projects/1/feature_flags/"

trial = Trial("posthog_server.py", headers={"Authorization": "Bearer planted-platform-token"})
same, holds, send = trial.same, trial.holds, trial.send


def state(flags, **more):
    trial.control("PUT", "/state", {"flags": {key: {"id": 101 + at, **flag} for at, (key, flag)
                                              in enumerate(flags.items())}, **more})


def error(reply, status, kind, code, detail, attr, about):
    same((reply.status, reply.json["type"], reply.json["code"], reply.json["attr"]), (status, kind, code, attr), about)
    holds(reply.json["detail"], detail, about)


# Access.
state({"new-ui": {"filters": PLAIN}})
error(send("GET", FLAGS, headers={}), 401, "authentication_error", "not_authenticated", "were not provided", None,
      "no key")
error(send("GET", FLAGS, headers={"Authorization": "planted-platform-token"}), 401, "authentication_error", "not_authenticated",
      "were not provided", None, "key without Bearer")
error(send("GET", FLAGS, headers={"Authorization": "Bearer wrong"}), 401, "authentication_error",
      "authentication_failed", "is invalid", None, "wrong key")
error(send("GET", "/api/projects/2/feature_flags/"), 404, "invalid_request", "not_found", "Project not found.", None,
      "project")
error(send("GET", FLAGS + "999/"), 404, "invalid_request", "not_found", "Not found.", None, "unknown flag")
error(send("GET", "/api/nothing/"), 404, "invalid_request", "not_found", "Endpoint not found.", None, "unknown path")
error(send("DELETE", FLAGS + "101/"), 405, "invalid_request", "method_not_allowed", 'Method "DELETE"', None, "method")
error(send("PATCH", FLAGS + "101/", b"{"), 400, "invalid_request", "parse_error", "JSON parse error", None, "no JSON")
trial.control("POST", "/edit", {"state": {"scopes": ["feature_flag:read"]}})
same(send("GET", FLAGS + "101/").status, 200, "read with a reading key")
error(send("POST", FLAGS + "101/disable/", {}), 403, "authentication_error", "permission_denied",
      "API key missing required scope 'feature_flag:write'", None, "scope")

# Lists.
state({"new-ui": {"filters": PLAIN}, "old-ui": {"archived": True, "active": False}})
found = send("GET", FLAGS + "?key=NEW-UI").json
same((found["count"], found["next"], found["results"][0]["key"]), (1, None, "new-ui"), "key is found in any case")
same(send("GET", FLAGS + "?key=old-ui").json["count"], 0, "archived is not listed")
same(send("GET", FLAGS + "?key=old-ui&archived=true").json["count"], 1, "archived is listed when asked for")
same(send("GET", FLAGS + "102").json["archived"], True, "read by number, without the slash")
created = [send("POST", FLAGS, {"key": f"f{at}", "filters": PLAIN}) for at in range(3)]
same([reply.status for reply in created], [201] * 3, "created")
page = send("GET", FLAGS + "?limit=3").json
same((page["count"], len(page["results"]), page["previous"]), (4, 3, None), "first page")
rest = send("GET", page["next"][page["next"].index("/api"):])
same((len(rest.json["results"]), rest.json["next"]), (1, None), "second page")
trial.control("POST", "/edit", {"state": {"key_filter": False}})
same(send("GET", FLAGS + "?key=new-ui").json["count"], 4, "a server that does not know ?key=")

# Creating.
error(send("POST", FLAGS, {"filters": PLAIN}), 400, "validation_error", "required", "required", "key", "no key")
error(send("POST", FLAGS, {"key": "f1"}), 400, "validation_error", "unique", "already a feature flag", "key", "twice")
error(send("POST", FLAGS, {"key": "a b"}), 400, "validation_error", "invalid_key", "Only letters", "key", "bad key")
error(send("POST", FLAGS, {"key": "g", "filters": {"groups": []}}), 400, "validation_error", "invalid_input",
      "at least one condition set", "filters", "no group")
one = send("POST", FLAGS, {"key": "tagged", "name": "why", "filters": PLAIN, "tags": ["Team-A", " team-a", "x"]}).json
same((one["version"], one["active"], one["tags"]), (1, True, ["team-a", "x"]), "created, with tags in small letters")
same(one["filters"], STORED, "what is stored differs from what was sent")

# What conditions refer to.
state({}, group_types={"0": "company"}, cohorts={"42": {"name": "beta", "properties": {"type": "AND", "values": []}}})
same([(one["group_type"], one["group_type_index"]) for one in send("GET", "/api/projects/1/groups_types/").json],
     [("company", 0)], "group types")
same([(one["id"], one["name"], one["is_static"]) for one in send("GET", "/api/projects/1/cohorts/").json["results"]],
     [(42, "beta", False)], "cohorts")
trial.control("POST", "/edit", {"state": {"scopes": ["feature_flag:write"]}})
error(send("GET", "/api/projects/1/cohorts/"), 403, "authentication_error", "permission_denied", "'cohort:read'", None,
      "the scope of cohorts")

# PATCH.
state({"new-ui": {"filters": TARGETING, "tags": ["a"]}})
reply = send("PATCH", FLAGS + "101/", {"filters": {"groups": [{"properties": [], "rollout_percentage": 80}]}})
same((reply.status, reply.json["version"]), (200, 2), "PATCH of groups")
same(reply.json["filters"]["multivariate"], TARGETING["multivariate"], "other keys of filters stay")
same(reply.json["filters"]["groups"], [{"properties": [], "rollout_percentage": 80,
                                        "aggregation_group_type_index": None}],
     "groups are replaced whole")
same(send("PATCH", FLAGS + "101/", {"name": ""}).json["version"], 3, "a PATCH that changes nothing raises the version")
same(send("PATCH", FLAGS + "101/", {"filters": {"groups": []}}).json["filters"]["groups"], [], "groups may be cleared")
for sent, detail in (({"groups": [{"rollout_percentage": 101}]},
                      "groups[0].rollout_percentage must be between 0 and 100"),
                     ({"groups": [{"rollout_percentage": "5"}]}, "must be a number or null, got str"),
                     ({"groups": {}}, "groups must be a list"), ({"version": 2}, "reserved"),
                     ({"groups": [{"properties": [{"key": "a", "type": "event"}]}]}, "invalid property type"),
                     ({"groups": [{"properties": [{"key": "a", "type": "person", "operator": "has"}]}]}, "unsupported"),
                     ({"groups": [{"properties": [{"key": "id", "type": "cohort", "value": 9}]}]}, "Cohort with id 9"),
                     ({"groups": [{"variant": "green"}]}, "is not a variant"),
                     ({"multivariate": {"variants": [{"key": "a", "rollout_percentage": 30}]}}, "must sum to 100")):
    reply = send("PATCH", FLAGS + "101/", {"filters": sent})
    same((reply.status, reply.json["attr"]), (400, "filters"), str(sent))
    holds(reply.json["detail"], detail, str(sent))
same(send("GET", FLAGS + "101/").json["version"], 4, "refusals write nothing")
kept = send("PATCH", FLAGS + "101/", {"filters": {"groups": [
    {"properties": [{"key": 7, "type": "person", "operator": "min", "value": 3}], "rollout_percentage": 25.0,
     "mine": 1}]}})
same(kept.json["filters"]["groups"][0], {"properties": [{"key": "7", "type": "person", "operator": "gte", "value": 3}],
                                         "rollout_percentage": 25, "aggregation_group_type_index": None},
     "keys that PostHog does not know are dropped, aliases and numbers written its way")

# A version alone protects nothing; with the original it compares field by field.
state({"new-ui": {"filters": STORED}})
first = send("GET", FLAGS + "101/").json
trial.control("POST", "/edit", {"flag": "new-ui", "change": {"filters": {"groups": {"0": {"rollout_percentage": 50}}}}})
mine = {"groups": [{"properties": [], "rollout_percentage": 25}]}
reply = send("PATCH", FLAGS + "101/", {"filters": mine, "version": 1, "original_flag": first})
error(reply, 409, "server_error", "conflict", "was updated by ada@example.com since you started editing", None, "stale")
reply = send("PATCH", FLAGS + "101/", {"name": "new", "version": 1, "original_flag": first})
same((reply.status, reply.json["version"]), (200, 3), "another field does not conflict")
reply = send("PATCH", FLAGS + "101/", {"name": "", "filters": first["filters"], "version": 1, "original_flag": first})
same((reply.status, reply.json["name"], reply.json["filters"]["groups"][0]["rollout_percentage"]), (200, "new", 50),
     "fields equal to the original are dropped without a word")
reply = send("PATCH", FLAGS + "101/", {"filters": mine, "version": 1})
same((reply.status, reply.json["filters"]["groups"][0]["rollout_percentage"]), (200, 25),
     "a stale version alone is written")

# Actions of their own.
state({"new-ui": {"filters": TARGETING}})
roll, everyone = FLAGS + "101/set_release_condition_rollout/", FLAGS + "101/roll_out_to_everyone/"
for sent, code, attr in (({"rollout_percentage": 5, "version": 1}, "required", "condition_index"),
                         ({"condition_index": 0, "rollout_percentage": 5}, "required", "version"),
                         ({"condition_index": -1, "rollout_percentage": 5, "version": 1}, "min_value",
                          "condition_index"),
                         ({"condition_index": 0, "rollout_percentage": 101, "version": 1}, "max_value",
                          "rollout_percentage")):
    error(send("POST", roll, sent), 400, "validation_error", code, "", attr, str(sent))
reply = send("POST", roll, {"condition_index": 2, "rollout_percentage": 5, "version": 1})
error(reply, 400, "validation_error", "invalid_input", "It has 2", None, "no such condition")
reply = send("POST", roll, {"condition_index": 1, "rollout_percentage": 0.5, "version": 1})
same((reply.status, reply.json["version"], [one["rollout_percentage"] for one in reply.json["filters"]["groups"]]),
     (200, 2, [10, 0.5]), "a half percent")
reply = send("POST", roll, {"condition_index": 1, "rollout_percentage": 0.5, "version": 2})
same((reply.status, reply.json["version"]), (200, 2), "the same again writes nothing")
error(send("POST", roll, {"condition_index": 1, "rollout_percentage": 5, "version": 1}), 409, "server_error",
      "conflict",
      "changed since version 1", None, "stale action")
error(send("POST", everyone, {"version": 2}), 400, "validation_error", "invalid_input", "control, test", None,
      "which variant")
reply = send("POST", everyone, {"variant_key": "green", "version": 2})
error(reply, 400, "validation_error", "invalid_input", "has no variant 'green'", None, "unknown variant")
done = send("POST", everyone, {"variant_key": "test", "version": 2}).json
same((done["version"], len(done["filters"]["groups"]), done["filters"]["groups"][0]["rollout_percentage"],
      [one["rollout_percentage"] for one in done["filters"]["multivariate"]["variants"]]), (3, 3, 100,
                                                                                            [0, 100]), "to everyone")
same(send("POST", everyone, {"variant_key": "test", "version": 3}).json["version"], 3, "to everyone, again")
reply = send("POST", FLAGS + "101/disable/", {"active": True, "filters": {}, "version": 999})
same((reply.status, reply.json["active"], reply.json["version"]), (200, False, 4), "disable ignores its body")
same(send("POST", FLAGS + "101/disable/").json["version"], 4, "disable again writes nothing")
same(send("POST", FLAGS + "101/archive/").json["archived"], True, "archive")
error(send("POST", FLAGS + "101/enable/"), 400, "validation_error", "invalid_input", "Unarchive it first", None,
      "archived")
trial.control("POST", "/edit", {"flag": "new-ui", "change": {"deleted": True}})
reply = send("POST", FLAGS + "101/enable/")
same((reply.status, sorted(reply.json)), (400, ["error", "success"]), "deleted")
state({"legacy": {"filters": PLAIN, "version": None}})
same(send("POST", roll, {"condition_index": 0, "rollout_percentage": 6, "version": None}).json["version"], 1,
     "version null")
state({"new-ui": {"filters": TARGETING}}, old_server=True)
for action in ("enable", "disable", "set_release_condition_rollout", "roll_out_to_everyone"):
    error(send("POST", FLAGS + f"101/{action}/", {"version": 1}), 404, "invalid_request", "not_found",
          "Endpoint not found.",
          None, "an old server has no " + action)
same(sorted(send("PATCH", FLAGS + "101/", {"filters": PLAIN}).json["filters"]),
     ["aggregation_group_type_index", "groups"],
     "an old server replaces the filters whole")

# Flags that depend on one another.
needs = {"groups": [{"properties": [{"key": "101", "type": "flag", "value": True, "operator": "flag_evaluates_to"}],
                     "rollout_percentage": 100}]}
state({"base": {"filters": PLAIN}, "top": {"filters": needs}})
same(send("GET", FLAGS + "101/dependent_flags/").json, [{"id": 102, "key": "top", "name": "top"}], "dependents")
for reply in (send("POST", FLAGS + "101/disable/"), send("PATCH", FLAGS + "101/", {"active": False})):
    error(reply, 400, "validation_error", "invalid_input", "because other flags depend on it: top (ID: 102)", None,
          "needed")
trial.control("POST", "/edit", {"flag": "top", "change": {"active": False}})
same(send("POST", FLAGS + "101/disable/").status, 200, "no longer needed")
error(send("POST", FLAGS + "102/enable/"), 400, "validation_error", "invalid_input",
      "depends on disabled flags: base (ID: 101)",
      None, "needs one that is off")
served = {flag["key"]: flag for flag in trial.control("GET", "/sdk")["flags"]}
same(served["top"]["filters"]["groups"][0]["properties"][0]["dependency_chain"], ["base"], "SDKs get the chain")

# Approvals: 409 as well, and told apart by the body.
state({"new-ui": {"filters": PLAIN}}, approvals=["feature_flag.update", "feature_flag.disable"])
reply = send("POST", roll, {"condition_index": 0, "rollout_percentage": 25, "version": 1})
same((reply.status, reply.json["code"], sorted(reply.json)), (409, "approval_required", [
    "change_request", "change_request_id", "code", "detail", "message", "required_approvers", "resource_id",
    "resource_type", "status"]), "sent for approval")
again = send("POST", roll, {"condition_index": 0, "rollout_percentage": 25, "version": 1})
same((again.json["code"], again.json["change_request_id"]), ("change_request_pending", reply.json["change_request_id"]),
     "asked for already")
error(send("POST", roll, {"condition_index": 0, "rollout_percentage": 25, "version": 9}), 409, "server_error",
      "conflict",
      "changed since version 9", None, "stale comes before approval")
same(send("POST", FLAGS + "101/disable/").json["code"], "approval_required", "the kill switch may need approval")
same(send("PATCH", FLAGS + "101/", {"active": False, "filters": mine}).json["code"], "policy_conflict", "two policies")
same(send("PATCH", FLAGS + "101/", {"name": "free"}).status, 200, "what no policy names is written")
pending = send("GET",
               "/api/environments/1/change_requests/?resource_type=feature_flag&resource_id=101&state=pending").json
same(pending["count"], 2, "pending")
trial.control("POST", "/edit", {"approve": reply.json["change_request_id"]})
same(send("GET", f"/api/environments/1/change_requests/{reply.json['change_request_id']}/").json["state"], "applied",
     "applied")
read = send("GET", FLAGS + "101/").json
same((read["filters"]["groups"][0]["rollout_percentage"], read["version"]), (25, 3), "the approved change is there")

# Versions, limits, faults.
same(send("GET", FLAGS + "101/versions/1/").json["filters"]["groups"][0]["rollout_percentage"], 5, "version 1")
same(send("GET", FLAGS + "101/versions/3/").json["is_historical"], False, "the present version")
same(send("GET", FLAGS + "101/versions/9/").status, 404, "no such version")
state({"new-ui": {"filters": PLAIN, "version": 5}})
same(send("GET", FLAGS + "101/versions/2/").status, 422, "no activity to make it from")
trial.control("POST", "/edit", {"state": {"limit": {"requests": 1, "seconds": 60}}})
send("GET", FLAGS)
reply = send("GET", FLAGS)
error(reply, 429, "throttled_error", "throttled", "Request was throttled. Expected available in", None, "too many")
same(int(reply.headers["retry-after"]) > 50, True, "Retry-After")
state({"new-ui": {"filters": PLAIN}})
trial.control("POST", "/faults", {"rules": [{"method": "POST", "do": {"race": {
    "flag": "new-ui", "change": {"name": "raced"}}}}]})
same(send("POST", roll, {"condition_index": 0, "rollout_percentage": 9, "version": 1}).status, 409, "raced")

# The second kind of configuration: only the switch, with the version, and by no action.
OF_RULES = {"version": 2, "rules": [], "return_type": "boolean", "default_value": False}
state({"new-ui": {"filters": OF_RULES, "version": 3}})
same(send("GET", FLAGS + "101/").json["filters"], OF_RULES, "rules are shown as they are")
error(send("POST", FLAGS + "101/disable/"), 400, "validation_error", "required", "required", "version", "disable")
error(send("POST", FLAGS + "101/enable/"), 400, "validation_error", "unsupported_config_version", "", None, "enable")
error(send("PATCH", FLAGS + "101/", {"active": False}), 400, "validation_error", "required", "", "version", "no version")
same(send("PATCH", FLAGS + "101/", {"version": 2, "active": False}).status, 409, "a stale version")
error(send("PATCH", FLAGS + "101/", {"version": 3, "active": False, "name": "x"}), 400, "validation_error",
      "unsupported_config_version", "", None, "more than the switch")
reply = send("PATCH", FLAGS + "101/", {"version": 3, "active": False})
same((reply.status, reply.json["active"], reply.json["version"]), (200, False, 4), "switched off with the version")

# The key that asks.
state({"new-ui": {"filters": PLAIN}}, scopes=["feature_flag:read"], scoped_teams=[1])
reply = send("GET", "/api/personal_api_keys/@current/")
same((reply.status, reply.json["scopes"], reply.json["scoped_teams"]), (200, ["feature_flag:read"], [1]), "the key")
same(send("GET", "/api/personal_api_keys/@current/", headers={}).status, 401, "no key")
state({"new-ui": {"filters": PLAIN}})

# What SDKs read.
sdk = {"Authorization": "Bearer planted-sdk-token"}
reply = send("GET", "/flags/definitions?token=phc_test&send_cohorts", headers=sdk)
same((reply.status, reply.json, sorted(reply.json)), (200, trial.control("GET", "/sdk"), [
    "cohorts", "flags", "group_type_mapping", "minimal_flag_called_events", "property_matching_version"]),
     "definitions")
same(send("GET", "/flags/definitions?token=phc_test", headers={**sdk, "If-None-Match": reply.headers["etag"]}).status,
     304, "304")
same(send("GET", "/api/feature_flag/local_evaluation/?token=phc_test", headers=sdk).json, reply.json, "the older path")
same(send("GET", "/flags/definitions?token=phc_other", headers=sdk).status, 401, "another project's token")
same(send("GET", FLAGS, headers=sdk).status, 401, "the SDK's key does not open the API")

# What SDKs ask where they cannot decide: an attribute that is missing is none, and so outside of every list.
PAID = {"key": "plan", "type": "person", "operator": "regex", "value": "^paid$"}


def asked(properties, **who):
    state({"new-ui": {"filters": {"groups": [{"properties": properties, "rollout_percentage": 100}]}}})
    reply = send("POST", "/flags/?v=2", {"token": "phc_test", **who}, headers={})
    return reply.json["flags"]["new-ui"]["enabled"]


same([asked([PAID], distinct_id="u", person_properties=one) for one in ({"plan": "paid"}, {"plan": "Paid"}, {})],
     [True, False, False], "regex")
same([asked([{**PAID, "operator": "not_regex"}], distinct_id="u", person_properties=one)
      for one in ({"plan": "paid"}, {})], [False, True], "not_regex, and nothing")
same([asked([{"key": "distinct_id", "type": "person", "operator": "is_not", "value": ["", "u2"]}], distinct_id=one)
      for one in ("u1", "U2", "u2", "")], [True, False, False, False], "the distinct id is always there")
same(send("POST", "/flags/?v=2", {"token": "phc_other", "distinct_id": "u"}, headers={}).status, 401, "another project")

# What a project may want of every new flag.
NEW = {"key": "new", "name": "", "filters": PLAIN}
state({}, require_tags=True, require_contexts=True)
error(send("POST", FLAGS, NEW), 400, "validation_error", "invalid_input", "Add at least one tag.", "tags", "no tag")
error(send("POST", FLAGS, {**NEW, "tags": ["ai"]}), 400, "validation_error", "invalid_input", "At least one",
      "evaluation_contexts", "no context")
same(send("POST", FLAGS, {**NEW, "tags": ["ai"], "evaluation_contexts": ["web"]}).status, 201, "both")
error(send("PATCH", FLAGS + "101/", {"filters": {"payloads": {"canary": "1"}}}), 400, "validation_error",
      "payload_key_not_true", "payloads", "filters", "a payload of no variant")
trial.end()
