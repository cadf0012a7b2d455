"""Drives the scripted Unleash server as the documentation of Unleash shows its API, with every trap."""

from platform_check import Server

F = "/api/admin/projects/default/features"
S = F + "/checkout/environments/production/strategies"
E = F + "/checkout/environments/production"
server = Server("unleash_server.py", headers={"Authorization": "planted-platform-token"})
api, same, has = server.api, server.same, server.has


def state(**more):
    server.control("PUT", "/state", {"flags": {"checkout": {"environments": [{"name": "production", "strategies": [
        {"id": "s1", "name": "flexibleRollout", "parameters": {
            "rollout": "5", "stickiness": "tenant", "groupId": "checkout"}, "segments": [7],
         "constraints": [{"contextName": "plan", "operator": "IN", "values": ["paid"]}]}]}]}},
        "segments": [{"id": 7, "name": "staff", "constraints": [
            {"contextName": "team", "operator": "IN", "values": ["staff"]}]}], **more})


def production(told):
    return next(one for one in told["environments"] if one["name"] == "production")


# Who may ask at all.
state()
has(api("GET", F + "/checkout", want=401, Authorization=None), name="AuthenticationRequired", type="password")
has(api("GET", F + "/checkout", want=401, Authorization="wrong"), name="UnauthorizedError")
api("GET", F + "/checkout", Authorization="Bearer planted-platform-token")
has(api("GET", "/api/admin/nothing", want=404), name="NotFoundError", message="The path you were looking for")
has(api("GET", F + "/other", want=404), message='There\'s no feature named "other" in project "default".')
has(api("POST", S, {"name": "default"}, want=415, Content_Type="text/plain"), name="ContentTypeError")
has(api("POST", S, "{", want=400), name="BadDataError")

# Reading: one route leaves out the segments.
strategy = production(api("GET", F + "/checkout"))["strategies"][0]
same(strategy["segments"], [7])
same(strategy["title"], None)
same("segments" in api("GET", E)["strategies"][0], False)
same(api("GET", S)[0]["segments"], [7])
same(api("GET", S + "/s1")["title"], None)
has(api("GET", S + "/s9", want=404), message="Could not find strategy with id: s9")

# JSON Patch.
told = api("PATCH", S + "/s1", [{"op": "replace", "path": "/parameters/rollout", "value": "25"}])
same((told["parameters"]["rollout"], told["segments"], told["constraints"][0]["values"]), ("25", [7], ["paid"]))
has(api("PATCH", S + "/s1", [{"op": "replace", "path": "/parameters/rollout", "value": 25}], want=400),
    name="BadDataError")
has(api("PATCH", S + "/s1", [{"op": "replace", "path": "/parameters/none", "value": "1"}], want=500),
    name="UnknownError")
has(api("PATCH", S + "/s1", [{"op": "test", "path": "/parameters/rollout", "value": "5"},
                             {"op": "replace", "path": "/parameters/rollout", "value": "50"}], want=500),
    name="UnknownError", message="Test operation failed")
same(api("GET", S + "/s1")["parameters"]["rollout"], "25")
api("PATCH", S + "/s1", [{"op": "test", "path": "/parameters/rollout", "value": "25"},
                         {"op": "add", "path": "/constraints/-", "value": {
                             "contextName": "tenant", "operator": "NOT_IN", "values": ["acme"]}}])
same(len(api("GET", S + "/s1")["constraints"]), 2)
has(api("PATCH", S + "/s1", [{"op": "add", "path": "/segmentIds", "value": []}], want=400), name="BadDataError")
has(api("PATCH", S + "/s9", [], want=404), name="NotFoundError")
state(test_op="refused")
has(api("PATCH", S + "/s1", [{"op": "test", "path": "/name", "value": "flexibleRollout"}], want=400),
    name="BadDataError")

# Checks of constraints, segments, variants, kinds.
state(context=[{"name": "plan", "legalValues": [{"value": "paid"}, {"value": "free"}]}])
for constraint, inside in [
        ({"contextName": "plan"}, "/operator"), ({"contextName": "plan", "operator": "EQUALS"}, "allowed values"),
        ({"contextName": "tenant", "operator": "IN", "values": [""]}, "not allowed to be empty"),
        ({"contextName": "tenant", "operator": "IN", "values": ["x" * 101]}, "100 characters"),
        ({"contextName": "plan", "operator": "IN", "values": ["gold"]}, "legal value"),
        ({"contextName": "tenant", "operator": "IN", "values": []}, "must contain at least 1 items"),
        ({"contextName": "seats", "operator": "NUM_GT"}, "require a non-empty value"),
        ({"contextName": "seats", "operator": "NUM_GT", "value": "many"}, "must be a number")]:
    told = api("POST", S, {"name": "flexibleRollout", "constraints": [constraint]}, want=400)
    has(told["details"][0], message=inside)
told = api("POST", S, {"name": "flexibleRollout", "constraints": [
    {"contextName": "tenant", "operator": "IN", "values": [str(n) for n in range(251)]}]}, want=400)
has(told, name="ExceedsLimitError")
has(api("POST", S, {"name": "gradual"}, want=400)["details"][0], message="strategy type")
has(api("POST", S, {"name": "default", "segments": [8]}, want=404), message="segment with id 8")
has(api("POST", S, {"parameters": {}}, want=400), name="BadDataError")
has(api("POST", S.replace("production", "nowhere"), {"name": "default"}, want=400), name="BadDataError")
variant = {"weightType": "variable", "stickiness": "tenant"}
told = api("POST", S, {"name": "flexibleRollout", "title": "canary", "parameters": {"rollout": 10}, "variants": [
    {"name": "new", "weight": 100, **variant}, {"name": "calm", "weight": 900, **variant}]})
same([(one["name"], one["weight"]) for one in told["variants"]], [("calm", 500), ("new", 500)], "equal shares")
filled = {"rollout": "10", "stickiness": "default", "groupId": "checkout"}
same((told["parameters"], told["sortOrder"], told["title"]), (filled, 1, "canary"), "coerced, and filled in")

# PUT erases constraints and variants that it does not name, and keeps segments, title and parameters.
told = api("PUT", f"{S}/{told['id']}", {"name": "flexibleRollout"})
same((told["variants"], told["parameters"], told["title"]), ([], filled, "canary"))
told = api("PUT", S + "/s1", {"name": "flexibleRollout", "parameters": {"rollout": "100", "stickiness": "tenant"}})
same((told["constraints"], told["segments"]), ([], [7]))
has(api("PUT", S.replace("default", "else") + "/s1", {}, want=403), name="InvalidOperationError")

# What a variant may be: real answers of 8.2.0.
for wrong, inside in [
        ({"name": "a:b"}, '"[0].name" must be URL friendly'), ({"name": ".."}, "URL friendly"),
        ({"name": "x" * 101}, "100 characters long"), ({"name": ""}, "not allowed to be empty"),
        ({"weight": 1001}, "must be <= 1000"), ({"payload": {"type": "json", "value": "1"}}, "valid json string"),
        ({"payload": {"type": "json", "value": "null"}}, "valid json string"),
        ({"payload": {"type": "string", "value": ""}}, "payload.value"),
        ({"payload": {"type": "bool", "value": "true"}}, "allowed values"), ({"payload": {"type": "json"}}, "required"),
        ({"weightType": "fix"}, 'at least one "variable" variant')]:
    told = api("POST", S, {"name": "flexibleRollout", "variants": [
        {"name": "new", "weight": 1000, "weightType": "variable", "stickiness": "random", **wrong}]}, want=400)
    has(told["details"][0], message=inside)
twice = [{"name": "a", "weight": 500, "weightType": "variable", "stickiness": "random"}] * 2
has(api("POST", S, {"name": "flexibleRollout", "variants": twice}, want=400)["details"][0], message='"[1]" contains a dup')
numbers = {"name": "n", "weight": 5, "weightType": "variable", "stickiness": "random",
           "payload": {"type": "number", "value": "x"}}
same(api("POST", S, {"name": "flexibleRollout", "variants": [numbers]})["variants"], [{**numbers, "weight": 1000}])

# The order decides which variant; a place below zero is one, and no PATCH gives it.
state()
new = {"name": "new", "weight": 1000, "weightType": "variable", "stickiness": "random",
       "payload": {"type": "json", "value": "{}"}}
everybody = {"name": "flexibleRollout", "parameters": {"rollout": "100", "stickiness": "random"}}
late = api("POST", S, {**everybody, "sortOrder": 1000, "variants": [{**new, "name": "old"}]})["id"]
early = api("POST", S, {**everybody, "sortOrder": 7, "variants": [new]})["id"]
same([one["id"] for one in api("GET", S)], ["s1", early, late])
api("PATCH", f"{S}/{late}", [{"op": "add", "path": "/sortOrder", "value": -1}])
same([one["id"] for one in api("GET", S)], ["s1", early, late])
has(api("POST", S + "/set-sort-order", [{"id": "gone", "sortOrder": -1}, {"id": late, "sortOrder": -1}], want=400),
    message="trying to change strategies for environment via update sortOrder")
same([one["id"] for one in api("GET", S)], ["s1", early, late])


def played():
    told = api("POST", "/api/admin/playground/advanced", {
        "environments": ["production"], "projects": ["default"], "context": {"appName": "x", "userId": "1"}})
    told = told["features"][0]["environments"]["production"][0]
    return told["variant"]["name"], told["variant"].get("payload"), [one["id"] for one in told["strategies"]["data"]]


api("POST", E + "/on")
same(played(), ("new", new["payload"], ["s1", early, late]))
api("POST", S + "/set-sort-order", [{"id": late, "sortOrder": -1}])
same(played(), ("old", new["payload"], [late, "s1", early]))
api("POST", E + "/off")
same(played(), ("disabled", None, [late, "s1", early]))

# On and off.
state()
api("POST", E + "/on", Content_Type=None)
told = production(api("GET", F + "/checkout"))
same((told["enabled"], len(told["strategies"])), (True, 1))
api("POST", E + "/off", Content_Type=None)
same(api("GET", E)["enabled"], False)
api("PATCH", S + "/s1", [{"op": "replace", "path": "/disabled", "value": True}])
api("POST", E + "/on")
told = api("GET", S)
same([(one["disabled"], one["parameters"]["rollout"]) for one in told], [(True, "5"), (False, "100")], "made up")
same(told[1]["parameters"], {"rollout": "100", "stickiness": "default", "groupId": "checkout"})
api("PATCH", f"{S}/{told[1]['id']}", [{"op": "replace", "path": "/disabled", "value": True}])
same(api("GET", E)["enabled"], False, "disabling the last active strategy turns the environment off")
api("POST", E + "/on?shouldActivateDisabledStrategies=true")
same([one["disabled"] for one in api("GET", S)], [False, False])
api("DELETE", f"{S}/{told[1]['id']}", Content_Type=None)
same(api("GET", E)["enabled"], True)
api("DELETE", S + "/s1", Content_Type=None)
same((api("GET", E)["enabled"], api("GET", S)), (False, []))
has(api("DELETE", S + "/s1", want=404, Content_Type=None), name="NotFoundError",
    message="Could not find strategy with id=s1")
state(projects={"default": {"environments": ["production"], "defaultStrategies": {"production": {
    "name": "flexibleRollout", "parameters": {"rollout": "1", "stickiness": "tenant", "groupId": ""}}}}},
    flags={"checkout": {}})
api("POST", E + "/on")
same(api("GET", S)[0]["parameters"], {"rollout": "1", "stickiness": "tenant", "groupId": "checkout"})
has(api("POST", F + "/checkout/environments/nowhere/off", want=404), message="Could not find environment nowhere")

# Many at once: all or none.
state()
api("POST", F, {"name": "second"}, want=201)
api("POST", E + "/on")
bulk = "/api/admin/projects/default/bulk_features/environments/production/off"
api("POST", bulk, {"features": ["checkout", "absent"]}, want=404)
same(api("GET", E)["enabled"], True)
same(api("POST", bulk, {"features": ["checkout", "second"]}), None)
same(api("GET", E)["enabled"], False)

# Creating, tags, finding.
has(api("POST", F, {"name": "checkout"}, want=409), name="NameExistsError")
has(api("POST", F, {"name": "two words"}, want=400), name="BadDataError")
has(api("POST", F.replace("default", "none"), {"name": "third"}, want=404), message="Active project with id none")
third = {"name": "third", "type": "operational", "description": "d", "tags": [{"type": "simple", "value": "rollout"}]}
has(api("POST", F, third, want=500), message="feature_tag_tag_type_tag_value_fkey")
api("GET", F + "/third", want=404)
same("tags" in api("GET", F)["features"][0], False, "a flag without tags shows none")
api("POST", "/api/admin/features/checkout/tags", {"type": "simple", "value": "rollout"}, want=201)
told = api("POST", F, third, want=201)
has(told, name="third", project="default", type="operational")
api("POST", "/api/admin/features/checkout/tags", {"type": "simple", "value": "x"}, want=400)
same([one["name"] for one in api("GET", F + "?tag=simple:rollout")["features"]], ["checkout", "third"])
told = api("GET", "/api/admin/search/features?tag=INCLUDE:simple:rollout&project=IS:default&limit=1")
same((told["total"], [one["name"] for one in told["features"]]), (2, ["checkout"]))
api("GET", "/api/admin/search/features?tag=simple:rollout", want=400)
api("GET", "/api/admin/search/features?tag=INCLUDE:rollout", want=400)
api("DELETE", "/api/admin/features/checkout/tags/simple/rollout", Content_Type=None)
same(api("GET", "/api/admin/features/checkout/tags"), {"version": 1, "tags": []})
same(api("GET", "/api/admin/search/events?feature=IS:checkout&limit=1")["events"][0]["type"], "feature-untagged")
api("DELETE", F + "/third", want=202, Content_Type=None)
has(api("GET", F + "/third", want=404), message="Could not find feature flag with name third")
same(api("GET", F + "/third/environments/production")["enabled"], False, "an archived flag's environment is shown")
has(api("POST", F + "/third/environments/production/off", want=400), name="ArchivedFeatureError")
api("POST", "/api/admin/features/checkout/tags", {"type": "simple", "value": "rollout"}, want=201)
api("DELETE", "/api/admin/tags/simple/rollout", Content_Type=None)
same(api("GET", "/api/admin/features/checkout/tags")["tags"], [], "a tag that is deleted is taken from every flag")
has(api("POST", F, {**third, "name": "fourth"}, want=500), message="feature_tag_tag_type_tag_value_fkey")

# What is not there, and what is closed.
same(api("GET", F.replace("default", "none")), {"version": 2, "features": []})
has(api("GET", "/api/admin/projects/none/overview", want=404), message="No project found")
same([one["environment"] for one in api("GET", "/api/admin/projects/default/overview")["environments"]],
     ["development", "production"])
has(api("POST", bulk, {"features": ["x" * 100] * 1000}, want=413), message="request entity too large")
same(api("GET", "/api/admin/ui-config")["maintenanceMode"], False)
state(maintenance=True)
same(api("GET", "/api/admin/ui-config")["maintenanceMode"], True)
has(api("POST", E + "/off", want=503), message="Unleash is currently in maintenance mode.")
has(api("POST", bulk, {"features": ["checkout"]}, want=503), message="Unleash is currently in maintenance mode.")
api("GET", E)
state()

# Segments and context fields.
told = api("POST", "/api/admin/segments", {"name": "beta", "constraints": [
    {"contextName": "tenant", "operator": "IN", "values": ["acme"]}]}, want=201)
same(told["id"], 8)
api("PUT", "/api/admin/segments/8", {"name": "beta", "constraints": []}, want=204)
same(len(api("GET", "/api/admin/segments")["segments"]), 2)
has(api("POST", "/api/admin/segments", {"name": "beta", "constraints": []}, want=409), name="NameExistsError")
api("POST", "/api/admin/context", {"name": "tenant", "stickiness": True}, want=201)
same([one["name"] for one in api("GET", "/api/admin/context")], ["tenant"])

# Change requests and permissions.
state(change_requests=["production"])
for method, path, body in [("POST", E + "/off", None), ("POST", E + "/on", None), ("POST", S, {"name": "default"}),
                           ("PATCH", S + "/s1", []), ("PUT", S + "/s1", {}), ("DELETE", S + "/s1", None),
                           ("POST", bulk, {"features": ["checkout"]})]:
    has(api(method, path, body, want=403), name="PermissionError", permissions=["SKIP_CHANGE_REQUEST"])
api("POST", E.replace("production", "development") + "/off")
changes = "/api/admin/projects/default/environments/production/change-requests"
api("POST", changes, {}, want=404)
state(change_requests=["production"], enterprise=True)
told = api("POST", changes, {"feature": "checkout", "action": "updateEnabled", "payload": {"enabled": True}})
same((told["id"], told["state"]), (1, "Draft"))
same(len(api("POST", changes, {"feature": "checkout", "action": "updateStrategy", "payload": {
    "id": "s1", "parameters": {"rollout": "50"}}})["features"][0]["changes"]), 2)
moved = "/api/admin/projects/default/change-requests/1/state"
api("PUT", moved, {"state": "Applied"}, want=400)
api("PUT", moved, {"state": "Approved"})
api("PUT", moved, {"state": "Applied"})
same((api("GET", E)["enabled"], api("GET", S)[0]["parameters"]["rollout"]), (True, "50"))
state(change_requests=["production"], skip_change_request=True)
api("POST", E + "/on")
state(missing_permissions=["UPDATE_FEATURE_ENVIRONMENT"])
has(api("POST", E + "/on", want=403), permissions=["UPDATE_FEATURE_ENVIRONMENT"],
    message='permission in the "production" environment.')

# What SDKs get.
state()
api("POST", E + "/on")
api("POST", S, {"name": "default", "disabled": True})
sdk = {"Authorization": "planted-sdk-token", "Unleash_Client_Spec": "6.1.0"}
api("GET", "/api/client/features", want=401)
told = api("GET", "/api/client/features", **sdk)
same((told["features"][0]["enabled"], len(told["features"][0]["strategies"])), (True, 1))
same(("id" in told["features"][0]["strategies"][0], told["segments"][0]["id"]), (False, 7))
etag = server.told_headers["ETag"]
same(server.control("GET", "/sdk")["meta"]["etag"], etag)
api("GET", "/api/client/features", want=304, If_None_Match=etag, **sdk)
api("POST", E + "/off")
told = api("GET", "/api/client/features", If_None_Match=etag, **sdk)
same(told["features"][0]["enabled"], False)
told = api("GET", "/api/client/features", Authorization="planted-sdk-token")
same(len(told["features"][0]["strategies"][0]["constraints"]), 2, "old SDKs get segments as constraints")

# Who is asking, and where changes are requested.
state(tokens=[{"id": 1, "description": "ci", "expiresAt": "2027-01-01T00:00:00.000Z"}])
same(api("GET", "/api/admin/user")["permissions"], [{"permission": "ADMIN"}])
has(api("GET", "/api/admin/user/tokens")["pats"][0], description="ci", expiresAt="2027-01-01T00:00:00.000Z")
api("GET", "/api/admin/user", want=401, Authorization="wrong")
state(admin_token=True)
has(api("GET", "/api/admin/user/tokens", want=403), name="ForbiddenError")
api("GET", "/api/admin/projects/default/change-requests/config", want=404)
state(enterprise=True, change_requests=["production"])
told = api("GET", "/api/admin/projects/default/change-requests/config")
same([(one["environment"], one["changeRequestEnabled"]) for one in told],
     [("development", False), ("production", True)])

# The playground: each context, with what the flag depends on. And a request that is too long.
state()
api("POST", E + "/on")
play = "/api/admin/playground/advanced"
who = {"environments": ["production"], "projects": ["default"], "context": {"appName": "x", "properties": {}}}


def played(**properties):
    told = api("POST", play, {**who, "context": {"appName": "x", "properties": properties}})["features"]
    return [one["isEnabled"] for one in told[0]["environments"]["production"]]


same((played(tenant="nobody"), len(played(tenant="a,b", plan="x,y"))), ([False], 4))
has(api("POST", play, {**who, "context": {"properties": {"tenant": ["a"]}}}, want=400), name="BadDataError")
has(api("POST", S, {"name": "flexibleRollout", "title": "x" * 103_000}, want=413), message="request entity too large")

# What a flag depends on, and how it looks as a whole.
state()
api("POST", F, {"name": "parent"}, want=201)
has(api("POST", F + "/checkout/dependencies", {"feature": "nobody"}, want=403), message="No active feature nobody exists")
api("POST", F + "/checkout/dependencies", {"feature": "parent"})
told = api("GET", F + "/checkout")
same(told["dependencies"], [{"enabled": True, "variants": [], "feature": "parent"}])
same(list(production(told)["strategies"][0]["parameters"]), ["groupId", "rollout", "stickiness"], "as jsonb has it")
same(api("GET", F + "/parent")["children"], ["checkout"])

# Maintenance mode: only its own end goes through.
api("POST", "/api/admin/maintenance", {"enabled": True}, want=204)
same(api("GET", "/api/admin/ui-config")["maintenanceMode"], True)
has(api("POST", E + "/off", want=503), message="Unleash is currently in maintenance mode.")
api("POST", "/api/admin/maintenance", {"enabled": False}, want=204)
api("POST", E + "/off")

# Faults, races, the record.
state()
server.control("DELETE", "/requests")
server.control("POST", "/faults", {"rules": [
    {"method": "PATCH", "do": {"answer": {"status": 503, "headers": {"Retry-After": "1"}, "body": "busy"}}},
    {"method": "PATCH", "path": "/strategies/s1$", "do": {"race": {"flag": "checkout", "change": {"environments": {
        "0": {"strategies": {"0": {"parameters": {"rollout": "6"}}}}}}}}}]})
patch = [{"op": "test", "path": "/parameters/rollout", "value": "5"},
         {"op": "replace", "path": "/parameters/rollout", "value": "25"}]
api("PATCH", S + "/s1", patch, want=503)
same(server.told_headers["Retry-After"], "1")
has(api("PATCH", S + "/s1", patch, want=500), message="Test operation failed")
same(api("GET", S + "/s1")["parameters"]["rollout"], "6")
same([(one["method"], one["status"], one["authorized"]) for one in server.control("GET", "/requests")],
     [("PATCH", 503, True), ("PATCH", 500, True), ("GET", 200, True)])
same(server.control("GET", "/faults"), {"rules": []})
server.end()
