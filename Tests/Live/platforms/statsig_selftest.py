"""Drives the scripted Statsig as the Console API is described, every trap included."""

import time

from trial import Trial

GATES = "/console/v1/gates"
RULE = {"name": "everyone", "passPercentage": 5, "conditions": [{"type": "public"}]}
PILOTS = {"name": "pilots", "passPercentage": 100, "environments": ["production"], "conditions": [
    {"type": "unit_id", "customID": "companyID", "operator": "any", "targetValue": ["acme"]}]}

trial = Trial("statsig_server.py", headers={"STATSIG-API-KEY": "planted-platform-token"})
same, holds, send = trial.same, trial.holds, trial.send


def state(gates, **more):
    trial.control("PUT", "/state", {"flags": gates, **more})


def error(reply, status, message, about):
    same((reply.status, reply.json["status"]), (status, status), about)
    holds(reply.json["message"], message, about)


def gate(name="new_ui"):
    return send("GET", f"{GATES}/{name}").json["data"]


# Access. A refused key is repeated in the answer.
state({"new_ui": {"rules": [{"id": "r1", **RULE}]}})
error(send("GET", GATES, headers={}), 401, "missing", "no key")
error(send("GET", GATES, headers={"STATSIG-API-KEY": "secret-1"}), 401, "Key: secret-1", "wrong key")
error(send("GET", GATES, headers={"Authorization": "planted-platform-token"}), 401, "missing", "key in another header")
error(send("GET", GATES + "/none"), 404, "Not Found. The requested resource could not be found.", "unknown gate")
error(send("GET", "/console/v1/nothing"), 404, "Cannot GET", "unknown path")
error(send("GET", GATES, STATSIG_API_VERSION="19990101"), 400, "VERSION", "unknown version")
same(send("GET", GATES, STATSIG_API_VERSION="20240601").status, 200, "known version")
error(send("PATCH", GATES + "/new_ui", b"{"), 400, "Invalid request", "no JSON")

# Reading, creating and lists.
read = send("GET", GATES + "/new_ui").json
same((read["message"], read["data"]["id"], read["data"]["status"], read["data"]["rules"][0]["baseID"]),
     ("Gate read successfully.", "new_ui", "In Progress", "r1"), "read")
same(any("salt" in name for name in read["data"]), False, "no salt anywhere")
reply = send("POST", GATES, {"name": "A Gate", "rules": [PILOTS], "tags": ["team-a"], "idType": "companyID"})
same((reply.status, reply.json["message"], reply.json["data"]["id"], reply.json["data"]["isEnabled"]),
     (201, "Gate created successfully.", "a_gate", True), "created")
error(send("POST", GATES, {"name": "A Gate"}), 400, "already exists", "twice")
error(send("POST", GATES, {}), 400, "Validation failed", "no name")
listed = send("GET", GATES + "?limit=1").json
same((len(listed["data"]), listed["pagination"]["totalItems"], listed["pagination"]["previousPage"]), (1, 2, None),
     "page 1")
second = send("GET", listed["pagination"]["nextPage"]).json
same((second["data"][0]["id"], second["pagination"]["nextPage"]), ("a_gate", None), "page 2")
same([one["id"] for one in send("GET", GATES + "?tags=team-a").json["data"]], ["a_gate"], "by tag")

# Rules. Another percentage means another id; the baseID stays, and so do the people.
before = gate()
reply = send("PATCH", GATES + "/new_ui/rules/r1", {"passPercentage": 25})
rule = reply.json["data"]["rules"][0]
same((reply.status, reply.json["message"], rule["passPercentage"], rule["id"], rule["baseID"]),
     (200, "Gate updated successfully.", 25, "r1:25.00:1", "r1"), "a rule's percentage")
same((reply.json["data"]["lastModifiedTime"] > before["lastModifiedTime"], reply.json["data"]["version"]), (True, 2),
     "the time of change rises")
same(send("PATCH", GATES + "/new_ui/rules/r1:25.00:1", {"passPercentage": 50}).json["data"]["rules"][0]["id"],
     "r1:50.00:2", "by its present id")
same(send("PATCH", GATES + "/new_ui/rules/r1", {"passPercentage": 0.01}).status, 200, "by its baseID")
error(send("PATCH", GATES + "/new_ui/rules/r1:25.00:1", {"passPercentage": 5}), 404, "Not Found",
      "by an id of the past")
for share in (0.001, -1, 101, "5", True):
    error(send("PATCH", GATES + "/new_ui/rules/r1", {"passPercentage": share}), 400, "Validation failed", str(share))
for condition in ({"type": "nothing"}, {"type": "user_id", "operator": "has", "targetValue": ["a"]},
                  {"type": "custom_field", "operator": "any", "targetValue": ["a"]}, {"type": "user_id",
                                                                                      "operator": "any"}):
    reply = send("PATCH", GATES + "/new_ui/rules/r1", {"conditions": [condition]})
    same((reply.status, sorted(reply.json["errors"][0])), (400, ["errorMessage", "property"]), str(condition))
reply = send("POST", GATES + "/new_ui/rule", PILOTS)
same((reply.status, reply.json["message"], [one["name"] for one in reply.json["data"]["rules"]]),
     (200, "Gate rules added successfully.", ["everyone", "pilots"]), "a new rule comes last")
error(send("POST", GATES + "/new_ui/rule", {"name": "x"}), 400, "Validation failed", "half a rule")
pilots = reply.json["data"]["rules"][1]
send("PATCH", GATES + "/new_ui/rules", {"rules": [{"id": "r1", "passPercentage": 7}]})
same([one["passPercentage"] for one in gate()["rules"]], [7, 100], "PATCH of rules changes those named only")
reply = send("PATCH", GATES + "/new_ui", {"rules": [pilots, RULE]})
same([(one["name"], one["baseID"] in ("r1", pilots["baseID"])) for one in reply.json["data"]["rules"]],
     [("pilots", True), ("everyone", False)], "PATCH of the gate replaces the list; a rule without its id is a new one")
reply = send("PATCH", GATES + "/new_ui", {"rules": [pilots, {**RULE, "id": "made-up", "baseID": "made-up"}]})
same("made-up" in reply.text, False, "ids are made by Statsig")
same(send("DELETE", f"{GATES}/new_ui/rules/{pilots['id']}").json["data"]["rules"][0]["name"], "everyone", "removed")
error(send("DELETE", f"{GATES}/new_ui/rules/{pilots['id']}"), 404, "Not Found", "removed before")
same(len(send("GET", GATES + "/new_ui/rules").json["data"]["rules"]), 1, "rules alone")
trial.control("POST", "/edit", {"state": {"rule_paths": "id", "fixed_rule_ids": True}})
present = gate()["rules"][0]["id"]
same(send("PATCH", f"{GATES}/new_ui/rules/{present}", {"passPercentage": 9}).json["data"]["rules"][0]["id"], present,
     "fixed ids")

# The gate, as a whole, for all environments.
same(send("PATCH", GATES + "/new_ui", {"description": "why", "tags": ["a"]}).json["data"]["tags"], ["a"], "tags")
error(send("PATCH", GATES + "/new_ui", {"isEnabled": "no"}), 400, "Validation failed", "isEnabled is a truth")
error(send("POST", GATES + "/new_ui", {"isEnabled": True}), 400, "Validation failed", "a full update needs all")
for action, wanted in (("disable", (False, "Disabled")), ("enable", (True, "In Progress")),
                       ("launch", (True, "Launched")),
                       ("archive", (True, "Archived")), ("unarchive", (True, "In Progress"))):
    reply = send("PUT", f"{GATES}/new_ui/{action}")
    same((reply.status, reply.json["data"]["isEnabled"], reply.json["data"]["status"]), (200, *wanted), action)
times = [one["lastModifiedTime"] for one in send("GET", GATES + "/new_ui/versions").json["data"]]
same(times, sorted(set(times), reverse=True), "versions, newest first")
same(send("DELETE", GATES + "/a_gate").json, {"message": "Gate deleted successfully."}, "deleted")

# Overrides: 201, for reading too.
state({"new_ui": {"rules": [{"id": "r1", **RULE}], "idType": "companyID"}})
same(send("GET", GATES + "/new_ui/overrides").status, 201, "read overrides")
reply = send("PATCH", GATES + "/new_ui/overrides", {"passingCustomIDs": ["acme"], "failingUserIDs": ["u1"]})
same((reply.status, reply.json["data"]["passingCustomIDs"], reply.json["data"]["failingUserIDs"]),
     (201, ["acme"], ["u1"]), "add")
send("PATCH", GATES + "/new_ui/overrides", {"passingCustomIDs": ["globex", "acme"]})
same(send("GET", GATES + "/new_ui/overrides").json["data"]["passingCustomIDs"], ["acme", "globex"], "PATCH adds")
error(send("PATCH", GATES + "/new_ui/overrides", {"failingCustomIDs": ["acme"]}), 400, "cannot both",
      "in one list only")
place = {"environment": "production", "unitID": "companyID", "passingIDs": ["a"], "failingIDs": ["b"]}
send("PATCH", GATES + "/new_ui/overrides", {"environmentOverrides": [place]})
reply = send("PATCH", GATES + "/new_ui/overrides", {"environmentOverrides": [{**place, "passingIDs": ["c"]}]})
same(reply.json["data"]["environmentOverrides"], [{**place, "passingIDs": ["a", "c"]}], "by environment")
reply = send("DELETE", GATES + "/new_ui/overrides/userID/u1?groupID=fail")
same((reply.json["data"]["failingUserIDs"], reply.json["data"]["passingCustomIDs"]), ([], ["acme", "globex"]),
     "one removed")
same(send("DELETE", GATES + "/new_ui/overrides/userID/u1?groupID=fail").status, 201, "and again")
same(send("POST", GATES + "/new_ui/overrides", {"passingCustomIDs": ["x"]}).json["data"],
     {"passingUserIDs": [], "failingUserIDs": [], "passingCustomIDs": ["x"], "failingCustomIDs": [],
      "environmentOverrides": []}, "POST replaces")
error(send("PATCH", GATES + "/new_ui/overrides", {"passingUserIDs": [str(at) for at in range(2001)]}), 400, "limited",
      "2000")

# Reviews, of which only those hear who ask.
state({"new_ui": {"rules": [{"id": "r1", **RULE}]}}, review="pending")
same(send("PATCH", GATES + "/new_ui/rules/r1", {"passPercentage": 8}, x_respect_review_settings="true")
     .json["data"]["rules"][0]["passPercentage"], 8, "a gate that needs no review")
state({"new_ui": {"rules": [{"id": "r1", **RULE}], "reviewSettings": {"requiredReview": True, "allowedReviewers": []}}},
      review="pending")
same(send("GET", "/console/v1/settings/reviews").json["data"]["is_config_review_required"], True,
     "the project's setting")
reply = send("PATCH", GATES + "/new_ui/rules/r1", {"passPercentage": 25}, x_respect_review_settings="true")
same((reply.status, reply.json["data"]["rules"][0]["passPercentage"],
      reply.json["data"]["activeReview"]["reviewStatus"]),
     (200, 5, "in_review"), "200, and nothing is changed")
number = gate()["activeReview"]["reviewID"]
same(send("GET", f"{GATES}/new_ui/reviews/{number}").json["data"]["status"], "in_review", "the review")
trial.control("POST", "/edit", {"commit": "new_ui"})
same((gate()["rules"][0]["passPercentage"], "activeReview" in gate()), (25, False), "committed")
same(send("PATCH", GATES + "/new_ui/rules/r1", {"passPercentage": 30}).json["data"]["rules"][0]["passPercentage"], 30,
     "without the header a review is walked past")
reply = send("POST", GATES + "/new_ui/reviews", {"description": "INC-1", "change": {"is_enabled": False}})
same((reply.status, reply.json["data"]["description"], gate()["status"]), (201, "INC-1", "In Progress"),
     "a review by hand")
trial.control("POST", "/edit", {"state": {"review": "refused"}})
error(send("PUT", GATES + "/new_ui/disable", x_respect_review_settings="true"), 403, "requires review", "refused")
same(gate()["status"], "In Progress", "and not carried out")

# Limits and faults.
state({"new_ui": {"rules": [{"id": "r1", **RULE}]}}, limit={"requests": 1, "seconds": 60})
send("PATCH", GATES + "/new_ui/rules/r1", {"passPercentage": 6})
reply = send("PATCH", GATES + "/new_ui/rules/r1", {"passPercentage": 7})
error(reply, 429, "Too many requests", "too many changes")
same(("retry-after" in reply.headers, send("GET", GATES).status), (False, 200), "no Retry-After, and reading goes on")
trial.control("POST", "/edit", {"state": {"retry_after": True}})
same("retry-after" in send("PUT", GATES + "/new_ui/disable").headers, True, "Retry-After where it is wanted")
state({"new_ui": {"rules": [{"id": "r1", **RULE}]}})
first = gate()["lastModifiedTime"]
trial.control("POST", "/edit", {"flag": "new_ui", "change": {"rules": {"0": {"passPercentage": 90}}}})
same((gate()["lastModifiedTime"] > first, gate()["lastModifierName"]), (True, "Ada Byron"), "somebody else")
same(send("PATCH", GATES + "/new_ui", {"rules": [{**RULE, "id": "r1"}]}).json["data"]["rules"][0]["passPercentage"], 5,
     "nothing stops a change that was made from an old reading")

# Two limits at a time: after a short one is over, the long one goes on.
state({"new_ui": {"rules": [{"id": "r1", **RULE}]}}, limits=[{"requests": 5, "seconds": 0.2},
                                                             {"requests": 7, "seconds": 60}])
counts = [send("PATCH", GATES + "/new_ui/rules/r1", {"passPercentage": at}).status for at in range(6)]
same(counts, [200] * 5 + [429], "five in a short time")
deadline = time.monotonic() + 20
while len(counts) < 8 and time.monotonic() < deadline:
    counts += [one for one in [send("PATCH", GATES + "/new_ui/rules/r1", {"passPercentage": 9}).status] if one == 200]
deadline = time.monotonic() + 0.5
later = set()
while time.monotonic() < deadline:
    later.add(send("PATCH", GATES + "/new_ui/rules/r1", {"passPercentage": 9}).status)
same((counts.count(200), later), (7, {429}), "seven in a long one")

# What the published description says of bodies.
state({"new_ui": {"rules": [{"id": "r1", **RULE}]}})
for name in ("ab", "a" * 101, "a b"):
    error(send("POST", GATES, {"id": name, "name": "abc"}), 400, "Validation failed", "the id " + name[:5])
for text, status in (("é" * 1000, 200), ("é" * 1001, 400), ("🚀" * 501, 400)):
    same(send("PATCH", GATES + "/new_ui", {"description": text}).status, status, f"a description of {len(text)}")
reply = send("PATCH", GATES + "/new_ui", {"rules": [{**RULE, "share": 5}]})
same((reply.status, reply.json["errors"]), (400, [{"property": "rules.0.share", "errorMessage": "Unrecognized key"}]),
     "a member that nobody knows")

# Dynamic configurations: like gates, and with values.
CONFIGS = "/console/v1/dynamic_configs"
VALUED = {**RULE, "returnValue": {"model": "m-5"}}
state({}, configs={"model": {"defaultValue": {"model": "m-4"}, "rules": [{"id": "r1", **VALUED}]}})
error(send("GET", CONFIGS + "/none"), 404, "Not Found. The requested resource could not be found.", "unknown configuration")
same(send("GET", GATES + "/model").status, 404, "a configuration is no gate")
read = send("GET", CONFIGS + "/model").json["data"]
same((read["status"], read["defaultValue"], read["rules"][0]["returnValue"]),
     ("Enabled", {"model": "m-4"}, {"model": "m-5"}), "read a configuration")
reply = send("POST", CONFIGS, {"id": "other", "name": "other", "rules": [VALUED], "defaultValue": {"value": 1}})
same((reply.status, reply.json["data"]["isEnabled"], reply.json["data"]["defaultValue"]), (201, True, {"value": 1}),
     "created a configuration")
error(send("POST", CONFIGS, {"id": "other", "name": "other"}), 400, "already exists", "a configuration twice")
error(send("POST", CONFIGS, {"name": "abc", "defaultValue": 5}), 400, "Validation failed", "a value is an object")
error(send("PATCH", CONFIGS + "/model", {"rules": [{**RULE, "returnValue": "m-5"}]}), 400, "Validation failed",
      "and so is what a rule returns")
same([one["id"] for one in send("GET", CONFIGS).json["data"]], ["model", "other"], "list of configurations")
reply = send("PATCH", CONFIGS + "/model", {"rules": [{**VALUED, "id": "r1", "passPercentage": 25}, VALUED]})
same([(one["id"], one["baseID"] == "r1") for one in reply.json["data"]["rules"]][0], ("r1:25.00:1", True),
     "a rule with its id stays that one")
same(send("PATCH", CONFIGS + "/model", {"defaultValue": {"model": "m-3"}}).json["data"]["defaultValue"],
     {"model": "m-3"}, "another default")
same(send("PATCH", CONFIGS + "/model/rule/r1", {"passPercentage": 30}).json["data"]["rules"][0]["passPercentage"], 30,
     "one rule alone")
error(send("PATCH", CONFIGS + "/model/rules", {"rules": []}), 404, "Cannot PATCH", "there is no such route for several rules")
error(send("PUT", CONFIGS + "/model/launch"), 404, "Cannot PUT", "a configuration is not launched")
for action, wanted in (("disable", (False, "Disabled")), ("enable", (True, "Enabled")), ("archive", (True, "Archived"))):
    reply = send("PUT", f"{CONFIGS}/model/{action}")
    same((reply.status, reply.json["data"]["isEnabled"], reply.json["data"]["status"]), (200, *wanted),
         f"{action} a configuration")
times = [one["lastModifiedTime"] for one in send("GET", CONFIGS + "/model/versions").json["data"]]
same((len(times), times), (7, sorted(set(times), reverse=True)), "versions of a configuration")
state({}, configs={"model": {"defaultValue": {"model": "m-4"}, "rules": [{"id": "r1", **VALUED}],
                             "reviewSettings": {"requiredReview": True}}}, review="pending")
reply = send("PUT", CONFIGS + "/model/disable", x_respect_review_settings="true")
same((reply.status, reply.json["data"]["isEnabled"], reply.json["data"]["activeReview"]["reviewStatus"]),
     (200, True, "in_review"), "a configuration that needs a review")
same(send("PUT", CONFIGS + "/model/disable").json["data"]["isEnabled"], False, "is walked past as a gate")
for version in ("v1", "v2"):
    document = send("GET", f"/{version}/download_config_specs/planted-sdk-token.json", headers={}).json
    spec = document["dynamic_configs"]
    spec = spec["model"] if version == "v2" else spec[0]
    same((spec["enabled"], spec["defaultValue"], len(spec["rules"])), (False, {"model": "m-4"}, int(version == "v1")),
         f"a disabled configuration in {version}: its default, and for the core no rules")
trial.control("POST", "/edit", {"config": "model", "change": {"isEnabled": True, "status": "Enabled"}})
document = send("GET", "/v2/download_config_specs/planted-sdk-token.json", headers={}).json
same([(one["returnValue"], [document["condition_map"][name]["type"] for name in one["conditions"]])
      for one in document["dynamic_configs"]["model"]["rules"]], [({"model": "m-5"}, ["public"])], "what a rule returns")
same(send("DELETE", CONFIGS + "/model").json, {"message": "Dynamic Config deleted successfully."}, "deleted a configuration")

# What SDKs download.
state({"new_ui": {"rules": [{"id": "r1:5.00:1", **RULE}, {"id": "p", **PILOTS}]}, "off": {"isEnabled": False}},
      overrides={"new_ui": {"failingUserIDs": ["u9"]}}, salts={"new_ui": "pepper", "r1": "salt"},
      segments={"staff": {"rules": [{"conditions": [{"type": "email", "operator": "str_ends_with_any",
                                                     "targetValue": ["@example.com"]}]}]}})
same([one["id"] for one in send("GET", "/console/v1/segments").json["data"]], ["staff"], "segments")
document = send("GET", "/v1/download_config_specs/planted-sdk-token.json", headers={}).json
same(document, trial.control("GET", "/sdk"), "the document")
spec = {one["name"]: one for one in document["feature_gates"]}
same(sorted(spec), ["new_ui", "off", "segment:staff"], "gates and segments")
same((spec["new_ui"]["salt"], [(one["id"], one["salt"], one["passPercentage"]) for one in spec["new_ui"]["rules"][:2]]),
     ("pepper", [("override", spec["new_ui"]["rules"][0]["salt"], 0),
                 ("r1:5.00:1", "salt", 5)]), "overrides, then rules")
same([(one["type"], one["field"], one["targetValue"]) for one in spec["new_ui"]["rules"][2]["conditions"]],
     [("unit_id", None, ["acme"]), ("environment_field", "tier",
                                    ["production"])], "an environment is one more condition")
same(spec["off"]["enabled"], False, "disabled")
same(send("GET", f"/v1/download_config_specs/planted-sdk-token.json?sinceTime={document['time']}", headers={}).json,
     {"has_updates": False}, "nothing new")
same(send("GET", "/v1/download_config_specs/other.json", headers={}).status, 403, "another key")
core = send("GET", "/v2/download_config_specs/planted-sdk-token.json", headers={}).json
same((sorted(core["feature_gates"]), core["feature_gates"]["off"]["rules"], core["time"]),
     (["new_ui", "off", "segment:staff"], [], document["time"]), "the core's document: a disabled gate has no rules")
same([core["condition_map"][one]["type"] for one in core["feature_gates"]["new_ui"]["rules"][2]["conditions"]],
     ["unit_id", "environment_field"], "and conditions stand once, by their names")
same(send("GET", f"/v2/download_config_specs/planted-sdk-token.json?sinceTime={core['time']}", headers={}).json,
     {"has_updates": False}, "nothing new for the core")
send("PUT", GATES + "/new_ui/disable")
same(send("GET", "/v2/download_config_specs/planted-sdk-token.json", headers={}).json["feature_gates"]["new_ui"]["rules"],
     [], "disabled a moment ago")
send("PUT", GATES + "/new_ui/launch")
launched = send("GET", "/v1/download_config_specs/planted-sdk-token.json", headers={}).json
same((launched["time"] > document["time"], [one["passPercentage"] for one in launched["feature_gates"][0]["rules"]]),
     (True, [100]), "launched is for everybody")
trial.end()
