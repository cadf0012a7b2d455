"""Holds the answers of the real LaunchDarkly server SDK against the published formula, over 2,000 tenants, and pins
what it does with what is missing. Run by a Python that has Tests/Live/requirements-platforms.txt."""

import hashlib

from platform_check import Reader, Server

F = "/api/v2/flags/default/ship-it"
SEMANTIC = "application/json; domain-model=launchdarkly.semanticpatch"
server = Server("launchdarkly_server.py", headers={"Authorization": "planted-platform-token"})
control = f"http://127.0.0.1:{server.ports['control']}"
server.control("PUT", "/state", {"flags": {"ship-it": {}}})
by_kind = Reader("launchdarkly_reader.py", control, "tenant")
by_user = Reader("launchdarkly_reader.py", control, "tenant", "user")
api, same = server.api, server.same
TENANTS = [f"tenant-{n}" for n in range(2000)]
ALL = [{"tenant": one} for one in TENANTS]


def bucket(unit, salt, key="ship-it"):
    return int(hashlib.sha1(f"{key}.{salt}.{unit}".encode()).hexdigest()[:15], 16) / 0xFFFFFFFFFFFFFFF


def percent(canary, kind="tenant", first=0, **more):
    """A fallthrough that gives `canary` percent to variation 0, with variation `first` listed first."""
    weights = [int(canary * 1000), 100000 - int(canary * 1000)]
    listed = [{"variation": at, "weight": weights[at]} for at in (first, 1 - first)]
    return {"rollout": {"contextKind": kind, "variations": listed, **more}}


def clause(attribute, op, *values, kind="tenant", **more):
    return {"contextKind": kind, "attribute": attribute, "op": op, "values": list(values), **more}


def serve(fallthrough, rules=(), on=True, **more):
    server.control("PUT", "/state", {"flags": {"ship-it": {
        "variations": [{"_id": "v-on", "value": "v7"}, {"_id": "v-off", "value": "v6"}], "kind": "multivariate",
        "environments": {"production": {"on": on, "version": state["version"] + 1, "fallthrough": fallthrough,
                                        "rules": list(rules), **more}}}}})


def answers(contexts=None, reader=by_kind):
    """What the SDK answers once it has what the server has now."""
    flag = server.control("GET", "/sdk")["flags"]["ship-it"]
    state.update(version=flag["version"], salt=flag["salt"])
    reader.ask(load=contexts or ALL)
    told = reader.ask(flag="ship-it", until={"version": state["version"]})
    same("late" in told, False, f"{told}")
    return told["variants"]


def expected(canary, first=0, units=TENANTS):
    if first == 0:
        return ["v7" if bucket(one, state["salt"]) < canary / 100 else "v6" for one in units]
    return ["v6" if bucket(one, state["salt"]) < 1 - canary / 100 else "v7" for one in units]


def patch(*instructions):
    body = {"environmentKey": "production", "instructions": list(instructions)}
    api("PATCH", F, body, Content_Type=SEMANTIC)


state = {"version": 1, "salt": ""}
same(round(bucket("userKeyA", "saltyA", "hashKey"), 7), 0.4215759)

for canary in (0, 0.5, 5, 25, 100):
    serve(percent(canary))
    told = answers()
    same(told, expected(canary))
    print(f"{canary} %: {told.count('v7')} of {len(TENANTS)}")
serve({"variation": 0})
same(set(answers()), {"v7"})
serve(percent(25, first=1))
same(answers(), expected(25, first=1), "the order of the variations moves people")
serve(percent(25, kind="user"))
same(answers(reader=by_user), expected(25))
serve(percent(25, kind="user", bucketBy="tenant"))
same(answers(reader=by_user), expected(25))
serve(percent(25, seed=61))
seeded = [int(hashlib.sha1(f"61.{one}".encode()).hexdigest()[:15], 16) / 0xFFFFFFFFFFFFFFF for one in TENANTS]
same(answers(), ["v7" if one < 0.25 else "v6" for one in seeded])

# What the API makes of instructions, all the way to the SDK: a rule, an exclusion first, targets, off.
serve({"variation": 1})
mixed = [{"tenant": one, "plan": "paid" if at % 3 else "free"} for at, one in enumerate(TENANTS)]
patch({"kind": "addRule", "rolloutWeights": {"v-on": 25000, "v-off": 75000}, "rolloutContextKind": "tenant",
       "clauses": [clause("plan", "in", "paid")]})
told = answers(mixed)
ramped = expected(25)
same(told, [ramped[at] if one["plan"] == "paid" else "v6" for at, one in enumerate(mixed)], "a rule with a rollout")
rule = api("GET", F)["environments"]["production"]["rules"][0]["_id"]
patch({"kind": "updateRuleVariationOrRollout", "ruleId": rule, "variationId": "v-on"},
      {"kind": "addRule", "variationId": "v-off", "beforeRuleId": rule, "clauses": [
          clause("key", "in", *TENANTS[:300])]})
same(answers(mixed), ["v7" if one["plan"] == "paid" and at >= 300 else "v6" for at, one in enumerate(mixed)],
     "the first rule that matches decides")
patch({"kind": "addTargets", "contextKind": "tenant", "values": TENANTS[:50], "variationId": "v-on"})
same(answers(mixed), ["v7" if at < 50 or one["plan"] == "paid" and at >= 300 else "v6"
                      for at, one in enumerate(mixed)], "targets come before rules")
patch({"kind": "replaceTargets", "targets": [
    {"contextKind": "user", "values": TENANTS[:50], "variationId": "v-on"},
    {"contextKind": "tenant", "values": TENANTS[50:60], "variationId": "v-on"}]}, {"kind": "replaceRules", "rules": []})
same(answers(reader=by_user), ["v7"] * 50 + ["v6"] * 1950, "targets of users among others")
same(answers(), ["v6"] * 50 + ["v7"] * 10 + ["v6"] * 1940)
patch({"kind": "turnFlagOff"})
same(set(answers()), {"v6"})
patch({"kind": "turnFlagOn"}, {"kind": "updateFallthroughVariationOrRollout", "variationId": "v-on"})
same(set(answers()), {"v7"})
serve({"variation": 0}, on=False, offVariation=None)
same(set(answers()), {"default: OFF"}, "off without an off variation is what the code says")


def surprise(what, wanted, context, fallthrough, *rules, reader=by_kind):
    serve(fallthrough, [{"_id": "r", "variation": 0, "clauses": list(one)} for one in rules])
    told = sorted(set(answers([context], reader)))
    print(f"{what}: {told}")
    same(told, [wanted], what)


none, every = {"variation": 1}, {"variation": 0}
surprise("no context of the kind, 5 %, canary first", "v7", {"plan": "paid"}, percent(5))
surprise("no context of the kind, 5 %, control first", "v6", {"plan": "paid"}, percent(5, first=1))
surprise("no context of the kind, 0 %, canary first", "v7", {"plan": "paid"}, percent(0))
surprise("bucketBy missing, 5 %, canary first", "v7", {"plan": "paid"}, percent(5, "user", bucketBy="tenant"),
         reader=by_user)
surprise("bucketBy missing, 5 %, control first", "v6", {"plan": "paid"},
         percent(5, "user", first=1, bucketBy="tenant"), reader=by_user)
surprise("bucketBy missing, 0 %, canary first", "v6", {"plan": "paid"}, percent(0, "user", bucketBy="tenant"),
         reader=by_user)
surprise("bucketBy a float, 5 %, canary first", "v7", {"tenant": "acme", "n": 1.5}, percent(5, bucketBy="n"))
surprise("bucketBy true, 5 %, canary first", "v7", {"tenant": "acme", "n": True}, percent(5, bucketBy="n"))
surprise("bucketBy 0.0001, 0.001 % canary first", "v7", {"tenant": "acme", "n": 0.5}, percent(0.001, bucketBy="n"))
surprise("in, attribute missing", "v6", {"tenant": "a"}, none, [clause("plan", "in", "paid")])
surprise("in negated, attribute missing", "v6", {"tenant": "a"}, none, [clause("plan", "in", "paid", negate=True)])
surprise("in negated, another value", "v7", {"tenant": "a", "plan": "free"}, none,
         [clause("plan", "in", "paid", negate=True)])
surprise("in negated, no context of the kind", "v6", {"plan": "free"}, none,
         [clause("plan", "in", "paid", negate=True)])
surprise("in of nothing", "v6", {"tenant": "a", "plan": "free"}, none, [clause("plan", "in")])
surprise("in of nothing negated", "v7", {"tenant": "a", "plan": "free"}, none, [clause("plan", "in", negate=True)])
surprise("number 5 among '5'", "v6", {"tenant": "a", "seats": 5}, none, [clause("seats", "in", "5")])
surprise("number 5 among 5", "v7", {"tenant": "a", "seats": 5}, none, [clause("seats", "in", 5)])
surprise("'5' among 5", "v6", {"tenant": "a", "seats": "5"}, none, [clause("seats", "in", 5)])
surprise("5.0 among 5", "v7", {"tenant": "a", "seats": 5.0}, none, [clause("seats", "in", 5)])
surprise("true among 'true'", "v6", {"tenant": "a", "beta": True}, none, [clause("beta", "in", "true")])
surprise("true among 1", "v6", {"tenant": "a", "beta": True}, none, [clause("beta", "in", 1)])
surprise("'PAID' among 'paid'", "v6", {"tenant": "a", "plan": "PAID"}, none, [clause("plan", "in", "paid")])
surprise("rule without clauses", "v7", {"tenant": "a"}, none, [])
surprise("unknown operator", "v6", {"tenant": "a", "plan": "x"}, none, [clause("plan", "among", "x")])
surprise("unknown operator negated", "v7", {"tenant": "a", "plan": "x"}, none,
         [clause("plan", "among", "x", negate=True)])
surprise("unknown segment", "v6", {"tenant": "a"}, none, [clause("", "segmentMatch", "none")])
surprise("unknown segment negated", "v7", {"tenant": "a"}, none, [clause("", "segmentMatch", "none", negate=True)])
surprise("clause of kind user, attribute on the tenant", "v6", {"tenant": "a", "plan": "paid"}, none,
         [clause("plan", "in", "paid", kind="user")])
surprise("all kinds served", "v7", {}, every)
by_kind.ask(load=[{"tenant": "a"}])
same(by_kind.ask(flag="none")["variants"], ["default: FLAG_NOT_FOUND"])
by_kind.end()
by_user.end()
server.end()
