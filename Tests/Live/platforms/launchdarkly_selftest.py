"""Drives the scripted LaunchDarkly server as LaunchDarkly's documentation shows its API, with every trap."""

import http.client
import json
import time

from platform_check import Server

F = "/api/v2/flags/default/ship-it"
SEMANTIC = "application/json; domain-model=launchdarkly.semanticpatch"
server = Server("launchdarkly_server.py", headers={"Authorization": "planted-platform-token", "LD-API-Version": "20240415"})
api, same, has = server.api, server.same, server.has


def state(**more):
    server.control("PUT", "/state", {"flags": {"ship-it": {
        "variations": [{"_id": "v-on", "value": "v7"}, {"_id": "v-off", "value": "v6"}], "kind": "multivariate",
        "environments": {"production": {"on": True, "version": 5}}, "_version": 9}}, **more})


def patch(*instructions, want=200, environment="production", query="", comment="why", **headers):
    body = {"comment": comment, "instructions": list(instructions)}
    body.update({"environmentKey": environment} if environment else {})
    return api("PATCH", F + query, body, want=want, **{"Content_Type": SEMANTIC, **headers})


def config(told=None):
    return (told or api("GET", F + "?env=production"))["environments"]["production"]


def fall(**more):
    return {"kind": "updateFallthroughVariationOrRollout", **more}


# Who may ask, and what there is.
state()
has(api("GET", F, want=401, Authorization=None), code="unauthorized")
has(api("GET", F, want=401, Authorization="Bearer planted-platform-token"), code="unauthorized")
has(api("GET", "/api/v2/flags/default/none", want=404), code="not_found")
has(api("GET", "/api/v2/nothing", want=404), code="not_found")
told = api("GET", F)
same((told["_version"], sorted(told["environments"]), config(told)["version"]), (9, ["production", "test"], 5))
same(sorted(api("GET", F + "?env=production")["environments"]), ["production"])
same(len(config()["salt"]), 32)

# Creating and finding.
told = api("POST", "/api/v2/flags/default", {"key": "new.flag", "name": "New", "tags": ["rollout"]}, want=201)
same((told["kind"], [one["value"] for one in told["variations"]]), ("boolean", [True, False]))
same((told["environments"]["production"]["on"], told["environments"]["production"]["offVariation"]), (False, 1))
has(api("POST", "/api/v2/flags/default", {"key": "new.flag", "name": "New"}, want=409), code="key_exists")
has(api("POST", "/api/v2/flags/default", {"key": "two words", "name": "New"}, want=400), code="invalid_request")
has(api("POST", "/api/v2/flags/default", {"key": "x"}, want=400), message="name is required")
same([one["key"] for one in api("GET", "/api/v2/flags/default?filter=tags:rollout")["items"]], ["new.flag"])
told = api("GET", "/api/v2/flags/default?limit=1")
same((told["totalCount"], len(told["items"]), "environments" in told["items"][0]), (2, 1, False))

# Weights: by variation id when written, by index when read.
told = patch(fall(rolloutWeights={"v-off": 95000, "v-on": 5000}, rolloutContextKind="organization"))
same(config(told)["fallthrough"], {"rollout": {"contextKind": "organization", "variations": [
    {"variation": 0, "weight": 5000}, {"variation": 1, "weight": 95000}]}})
same((told["_version"], config(told)["version"]), (10, 6))
same(told["environments"]["test"]["version"], 1)
told = patch(fall(rolloutWeights={"v-off": 75000, "v-on": 25000}))
same(config(told)["fallthrough"]["rollout"]["contextKind"], "user", "left out means user, whatever was there")
told = patch(fall(rolloutWeights={"v-off": 75000, "v-on": 25000}))
same((told["_version"], config(told)["version"]), (11, 7), "nothing to do, nothing risen")
for wrong in [{"v-on": 5000}, {"v-on": 100001, "v-off": -1}, {"v-on": 0.5, "v-off": 99999.5}, {"none": 100000}]:
    has(patch(fall(rolloutWeights=wrong), want=400), code="invalid_request")
has(patch(fall(), want=400), message="exactly one")
has(patch(fall(variationId="v-on", weights={}), want=400), message="unexpected keyword")
has(patch({"kind": "setPercentage"}, want=400), message="unsupported")
has(patch(fall(variationId="v-on"), want=400, environment=None), message="environmentKey is required")
has(patch(fall(variationId="v-on"), want=400, environment="nowhere"), message="unknown environment")
has(patch(want=400), code="invalid_request")

# All or nothing; a trial; the wrong content type; JSON that is none.
patch({"kind": "turnFlagOff"}, fall(variationId="none"), want=400)
same(config()["on"], True)
same(config(patch({"kind": "turnFlagOff"}, query="?dryRun=true"))["on"], False)
same((config()["on"], config()["version"]), (True, 7))
has(patch({"kind": "turnFlagOff"}, want=400, Content_Type="application/json"), code="invalid_request")
has(api("PATCH", F, [{"op": "replace", "path": "/name", "value": "x"}], want=400, Content_Type=SEMANTIC),
    code="invalid_request")
has(api("PATCH", F, "{", want=400), code="invalid_request")

# On, off, off variation, tags.
same(config(patch({"kind": "turnFlagOff"}))["on"], False)
same(config(patch({"kind": "turnFlagOn"}, {"kind": "updateOffVariation", "variationId": "v-on"}))["offVariation"], 0)
same(patch({"kind": "addTags", "values": ["a", "b"]}, environment=None)["tags"], ["a", "b"])
same(patch({"kind": "removeTags", "values": ["a"]}, environment=None)["tags"], ["b"])

# Rules.
clause = {"contextKind": "user", "attribute": "plan", "op": "in", "negate": False, "values": ["paid"]}
rule = config(patch({"kind": "addRule", "variationId": "v-on", "clauses": [clause]}))["rules"][0]
same((rule["variation"], rule["clauses"][0]["values"]), (0, ["paid"]))
told = config(patch({"kind": "addRule", "rolloutWeights": {"v-on": 1000, "v-off": 99000}, "rolloutBucketBy": "tenant",
                     "clauses": [clause], "beforeRuleId": rule["_id"], "description": "first"}))["rules"]
same([one.get("description") for one in told], ["first", None])
same(told[0]["rollout"]["bucketBy"], "tenant")
first = told[0]
told = config(patch({"kind": "updateRuleVariationOrRollout", "ruleId": first["_id"], "variationId": "v-off"}))["rules"]
same((told[0]["variation"], "rollout" in told[0]), (1, False))
told = config(patch({"kind": "addClauses", "ruleId": first["_id"], "clauses": [{**clause, "negate": True}]}))["rules"]
same([one["negate"] for one in told[0]["clauses"]], [False, True])
told = config(patch({"kind": "addValuesToClause", "ruleId": first["_id"], "values": ["free"],
                     "clauseId": told[0]["clauses"][0]["_id"]}))["rules"]
same(told[0]["clauses"][0]["values"], ["paid", "free"])
told = config(patch({"kind": "removeClauses", "ruleId": first["_id"],
                     "clauseIds": [told[0]["clauses"][1]["_id"]]}))["rules"]
same(len(told[0]["clauses"]), 1)
told = config(patch({"kind": "reorderRules", "ruleIds": [rule["_id"], first["_id"]]}))["rules"]
same(told[0]["_id"], rule["_id"])
patch({"kind": "reorderRules", "ruleIds": [rule["_id"]]}, want=400)
patch({"kind": "updateRuleVariationOrRollout", "ruleId": "none", "variationId": "v-on"}, want=400)
patch({"kind": "removeRule", "ruleId": "none"})
same(len(config(patch({"kind": "removeRule", "ruleId": first["_id"]}))["rules"]), 1)
told = config(patch({"kind": "replaceRules", "rules": [{"variationId": "v-on", "clauses": [clause]}]}))["rules"]
same((len(told), told[0]["_id"] == rule["_id"]), (1, False), "replaced rules have new ids")

# Targets.
told = config(patch({"kind": "addTargets", "contextKind": "organization", "values": ["acme"], "variationId": "v-on"}))
same((told["targets"], told["contextTargets"]),
     ([], [{"values": ["acme"], "variation": 0, "contextKind": "organization"}]))
has(patch({"kind": "addTargets", "contextKind": "organization", "values": ["acme"], "variationId": "v-off"}, want=400),
    message="already targeted")
told = config(patch({"kind": "addTargets", "values": ["ann"], "variationId": "v-off"}))
same(told["targets"], [{"values": ["ann"], "variation": 1, "contextKind": "user"}])
same(told["contextTargets"][1], {"values": [], "variation": 1, "contextKind": "user"}, "the users' place in the order")
told = config(patch({"kind": "removeTargets", "values": ["ann", "bob"], "variationId": "v-off"}))
same((told["targets"], len(told["contextTargets"])), ([], 1))
told = config(patch({"kind": "replaceTargets", "targets": [{"variationId": "v-off", "values": ["cy"]}]}))
same((len(told["targets"]), len(told["contextTargets"])), (1, 1))

# JSON Patch and its only lock.
state()
test = {"op": "test", "path": "/environments/production/version", "value": 5}
off = {"op": "replace", "path": "/environments/production/on", "value": False}
same(config(api("PATCH", F, [test, off]))["on"], False)
has(api("PATCH", F, [test, off], want=422), code="patch_failed")
same(config(api("PATCH", F, {"comment": "c", "patch": [{"op": "test", "path": "/_version", "value": 10},
                                                       {**off, "value": True}]}))["on"], True)
api("PATCH", F, [{"op": "test", "path": "/version", "value": 11}, off])
has(api("PATCH", F, [{"op": "replace", "path": "/_version", "value": 1}], want=422), code="patch_failed")
has(api("PATCH", F, [{"op": "replace", "path": "/nothing/here", "value": 1}], want=422), code="patch_failed")
same(api("PATCH", F, {"merge": {"description": "d"}})["description"], "d")
state(test_failure=409, testable=["/_version"])
has(api("PATCH", F, [{**test, "path": "/_version", "value": 8}, off], want=409), code="optimistic_locking_error")
api("PATCH", F, [test, off], want=409)
api("PATCH", F, [{**test, "path": "/_version", "value": 9}, off])

# Approvals, pending changes, permissions, comments.
state(approvals=["production"])
has(patch({"kind": "turnFlagOff"}, want=405), code="method_not_allowed",
    message="Flag configuration updates require approval: action 'updateOn' not allowed")
has(api("PATCH", F, [off], want=405), code="method_not_allowed")
patch({"kind": "turnFlagOn"}, environment="test")
patch({"kind": "addTags", "values": ["a"]}, environment=None)
same(api("GET", "/api/v2/projects/default/environments/production")["approvalSettings"]["required"], True)
ask = "/api/v2/projects/default/flags/ship-it/environments/production/approval-requests"
told = api("POST", ask, {"description": "kill", "instructions": [{"kind": "turnFlagOff"}]}, want=201)
one = "/api/v2/approval-requests/" + told["_id"]
api("POST", ask, {"instructions": []}, want=400)
api("POST", one + "/apply", {}, want=405)
same(api("POST", one + "/reviews", {"kind": "approve"})["reviewStatus"], "approved")
same(config()["on"], True)
same(api("POST", one + "/apply", {"comment": "go"})["status"], "completed")
same((config()["on"], api("GET", one)["status"]), (False, "completed"))
state(pending=[{"flag": "ship-it", "environment": "production"}])
has(patch({"kind": "turnFlagOff"}, want=400), message="pending scheduled change")
patch({"kind": "turnFlagOff"}, query="?ignoreConflicts=true")
state(denied=["updateOn"])
has(patch({"kind": "turnFlagOff"}, want=403), code="forbidden",
    access={"action": "updateOn", "resource": "proj/default:env/production:flag/ship-it"})
state(required_comments=True)
patch({"kind": "turnFlagOff"}, comment="")
same(api("GET", "/api/v2/projects/default/environments/production")["requireComments"], True)
same(api("GET", "/api/v2/auditlog?limit=1")["items"][0]["comment"], "")
state(required_comments="enforced")
has(patch({"kind": "turnFlagOff"}, want=400, comment=""), message="Comment")
patch({"kind": "turnFlagOff"}, comment="INC-1")
same(api("GET", "/api/v2/auditlog")["items"][0]["comment"], "INC-1")

# A trigger is an address that needs no token.
state()
told = api("POST", "/api/v2/flags/default/ship-it/triggers/production", {
    "integrationKey": "generic-trigger", "instructions": [{"kind": "turnFlagOff"}]}, want=201)
path = told["triggerURL"].split(str(server.ports["port"]), 1)[1]
api("POST", path + "0", want=404, Authorization=None)
api("POST", path, Authorization=None)
same(config()["on"], False)

# Who is asking.
has(api("GET", "/api/v2/caller-identity"), authKind="token", tokenId="t1")
api("GET", "/api/v2/caller-identity", want=401, Authorization="Bearer platform-token")
has(api("GET", "/api/v2/tokens/t1"), role="writer", customRoleIds=[], token="...")
has(api("GET", "/api/v2/tokens/t2", want=404), code="not_found")

# Automated releases.
releases = "/internal/projects/default/flags/ship-it/automated-releases?filter=environmentKey:production&limit=1"
start = {"kind": "startAutomatedRelease", "releaseKind": "progressive", "originalVariationId": "v-off",
         "targetVariationId": "v-on", "stages": [{"allocation": 25000, "durationMillis": 900000}]}
has(api("GET", releases, want=403), code="forbidden")
same(api("GET", releases, LD_API_Version="beta")["items"], [])
has(patch(start, want=400), message=" is off")
patch({"kind": "turnFlagOn"}, start)
told = api("GET", releases, LD_API_Version="beta")["items"][0]
has(told, status="in_progress", kind="progressive", ruleIdOrFallthrough="fallthrough")
has(patch(start, want=400), message="ongoing progressive rollout")
patch(fall(variationId="v-on"))
server.control("POST", "/edit", {"state": {"release_guard": True}})
has(patch(fall(variationId="v-off"), want=400), message="ongoing progressive rollout")
patch({"kind": "stopAutomatedRelease", "finalVariationId": "v-off"})
same(config()["fallthrough"], {"variation": 1})
patch({**start, "targetVariationId": "none"}, want=500)
patch(start, query="?dryRun=true")
same(api("GET", releases, LD_API_Version="beta")["items"][0]["status"], "completed", "a trial starts nothing")

# Too many requests.
state(remaining=2, window=600)
api("GET", F)
same(server.told_headers["X-Ratelimit-Global-Remaining"], "1")
api("GET", F)
has(api("GET", F, want=429), code="rate_limited")
reset = int(server.told_headers["X-Ratelimit-Reset"])
same((0 < reset - time.time() * 1000 <= 600_000, "Retry-After" in server.told_headers), (True, False))
# The next window begins when this one has ended, however long that took.
state(remaining=1, window=1)
api("GET", F)
time.sleep(1.05)
api("GET", F)

# The document of the SDK.
state(segments={"beta": {"included": ["ann"]}})
same([one["key"] for one in api("GET", "/api/v2/segments/default/production")["items"]], ["beta"])
same(api("GET", "/api/v2/segments/default/production/beta")["included"], ["ann"])
has(api("GET", "/api/v2/segments/default/production/none", want=404), code="not_found")
has(api("GET", "/api/v2/segments/default/nowhere", want=404), code="not_found")
patch({"kind": "addRule", "variationId": "v-on", "clauses": [clause]},
      {"kind": "addTargets", "values": ["ann"], "variationId": "v-off"})
told = server.control("GET", "/sdk")
flag = told["flags"]["ship-it"]
same((flag["variations"], flag["version"], flag["on"], flag["salt"]), (["v7", "v6"], 6, True, config()["salt"]))
same(("id" in flag["rules"][0], "_id" in flag["rules"][0]), (True, False))
same((flag["targets"][0]["values"], told["segments"]["beta"]["included"]), (["ann"], ["ann"]))

# Somebody else, and the ambiguous end of a request.
state()
server.control("POST", "/faults", {"rules": [{"method": "PATCH", "do": {
    "race": {"flag": "ship-it", "change": {"description": "else"}}}}]})
api("PATCH", F, [test, off], want=422)
same((config()["version"], api("GET", F)["_version"]), (6, 10))
change = {"environmentKey": "production", "instructions": [{"kind": "turnFlagOff"}]}
sent = {"Authorization": "planted-platform-token", "Content-Type": SEMANTIC}


def faulty(do):
    """What a client sees of a patch with this fault: the status, or the kind of failure; and how long it took."""
    state()
    server.control("POST", "/faults", {"rules": [{"method": "PATCH", "do": do}]})
    started = time.monotonic()
    try:
        seen = server.send("port", "PATCH", F, change, sent)[0]
    except (OSError, http.client.HTTPException) as problem:
        seen = type(problem).__name__
    return seen, time.monotonic() - started, config()["on"]


for do, seen, still_on in [
        ({"cut": True}, "RemoteDisconnected", True), ({"cut": "reset"}, "ConnectionResetError", True),
        ({"after": "close"}, "RemoteDisconnected", False), ({"truncate": True}, "IncompleteRead", False),
        ({"answer": {"status": 503}}, 503, True), ({"after": "answer", "answer": {"status": 500}}, 500, False),
        ({"redirect": "https://other/"}, 302, True)]:
    same(faulty(do)[::2], (seen, still_on), f"{do}")
seen, took, still_on = faulty({"delay": 0.3})
same((seen, took >= 0.3, still_on), (200, True, False))
seen, took, still_on = faulty({"drip": 4000})
same((seen, took >= 0.2, still_on), (200, True, False))

# One connection serves many requests, refused ones too, and takes a body in chunks.
link = http.client.HTTPConnection("127.0.0.1", server.ports["port"])
server.control("DELETE", "/requests")
for method, path, body, wanted in [("GET", F, None, 200), ("GET", "/none", None, 404), ("PATCH", F, b"{", 400),
                                   ("PATCH", F, iter([json.dumps(change).encode()]), 200), ("HEAD", F, None, 404)]:
    link.request(method, path, body, sent, encode_chunked=True)
    answer = link.getresponse()
    answer.read()
    same(answer.status, wanted)
same(len({one["connection"] for one in server.control("GET", "/requests")}), 1)
link.close()
server.end()
