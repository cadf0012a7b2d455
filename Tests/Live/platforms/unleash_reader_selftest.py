"""Holds the answers of the real UnleashClient against the published formula, over 2,000 tenants, and pins what it does
with what is missing. Run by a Python that has Tests/Live/requirements-platforms.txt."""

from platform_check import Reader, Server
from unleash_playground import murmur

F = "/api/admin/projects/default/features"
E = F + "/checkout/environments/production"
server = Server("unleash_server.py", headers={"Authorization": "planted-platform-token"})
reader = Reader("unleash_reader.py", f"http://127.0.0.1:{server.ports['port']}/api", "tenant")
api, same = server.api, server.same
TENANTS = [f"tenant-{n}" for n in range(2000)]


def bucket(group, unit):
    return murmur(f"{group}:{unit}") % 100 + 1


def strategy(rollout, constraints=(), **more):
    parameters = {"rollout": str(rollout), "stickiness": "tenant", "groupId": "checkout", **more.pop("parameters", {})}
    return {"name": "flexibleRollout", "parameters": parameters, "constraints": list(constraints), **more}


def among(field, operator, *values, **more):
    return {"contextName": field, "operator": operator, "values": list(values), **more}


def serve(*strategies, enabled=True, **more):
    server.control("PUT", "/state", {"revision": state["revision"] + 1, "flags": {"checkout": {"environments": [
        {"name": "production", "enabled": enabled, "strategies": list(strategies)}]}}, **more})


def answers(contexts=None):
    """What the SDK answers once it has what the server has now."""
    state["revision"] = server.control("GET", "/sdk")["meta"]["revisionId"]
    same(reader.ask(load=contexts or [{"tenant": one} for one in TENANTS]), {"loaded": len(contexts or TENANTS)})
    told = reader.ask(flag="checkout", until={"version": state["revision"]})
    same("late" in told, False, f"{told}")
    return told["variants"]


state = {"revision": 1}
same((bucket("Feature.flexibleRollout.10", "174"), bucket("Feature.flexibleRollout.10", "499")), (10, 32))

for rollout in (0, 1, 5, 25, 99, 100):
    serve(strategy(rollout))
    same(answers(), ["on" if bucket("checkout", one) <= rollout else "off" for one in TENANTS])
    print(f"{rollout} %: {answers().count('on')} of {len(TENANTS)}")

# The group id is part of the hash; without one it is the flag's name.
serve(strategy(25, parameters={"groupId": "other"}))
same(answers(), ["on" if bucket("other", one) <= 25 else "off" for one in TENANTS])
serve({"name": "flexibleRollout", "parameters": {"rollout": "25", "stickiness": "tenant"}})
same(answers(), ["on" if bucket("checkout", one) <= 25 else "off" for one in TENANTS], "no group id")

# A constraint and the rollout both; an exclusion; a segment; several strategies.
mixed = [{"tenant": one, "plan": "paid" if at % 3 else "free"} for at, one in enumerate(TENANTS)]
serve(strategy(25, [among("plan", "IN", "paid")]))
same(answers(mixed), ["on" if bucket("checkout", one["tenant"]) <= 25 and one["plan"] == "paid" else "off"
                      for one in mixed])
out = TENANTS[:20]
serve(strategy(100, [among("tenant", "NOT_IN", *out)]))
same(answers(), ["off" if one in out else "on" for one in TENANTS])
serve(strategy(100, [among("tenant", "IN", *out, inverted=True)]))
same(answers(), ["off" if one in out else "on" for one in TENANTS])
serve(strategy(100, segments=[3]), segments=[{"id": 3, "name": "s", "constraints": [among("tenant", "IN", *out)]}])
same(answers(), ["on" if one in out else "off" for one in TENANTS])
serve(strategy(5), strategy(100, [among("tenant", "IN", *out)]))
same(answers(), ["on" if one in out or bucket("checkout", one) <= 5 else "off" for one in TENANTS], "any strategy")
serve(strategy(5, [among("tenant", "NOT_IN", *out)]), strategy(100))
same(set(answers()), {"on"}, "another strategy knows nothing of the exclusion")

# Variants: the same value with another seed, modulo the total weight.
shares = [{"name": "a", "weight": 500, "weightType": "variable", "stickiness": "tenant"},
          {"name": "b", "weight": 500, "weightType": "variable", "stickiness": "tenant"}]
serve(strategy(50, variants=shares))
same(answers(), ["off" if bucket("checkout", one) > 50 else
                 "ab"[(murmur(f"checkout:{one}", 86028157) % 1000 + 1) > 500] for one in TENANTS])

# Off.
serve(strategy(100))
same(set(answers()), {"on"})
api("POST", E + "/off")
same(set(answers()), {"off"})
api("POST", E + "/on")
same(set(answers()), {"on"})
serve({**strategy(100), "disabled": True})
told = answers()[0]
print("enabled, with disabled strategies only:", told)
same(told, "on")


def surprise(what, wanted, context, *strategies):
    serve(*strategies)
    told = answers([context] * 50)
    shown = sorted(set(told))
    print(f"{what}: {shown}")
    same(shown, sorted(wanted), what)


surprise("no unit, 100 %", ["off"], {"plan": "paid"}, strategy(100))
surprise("no unit, 0 %", ["off"], {}, strategy(0))
surprise("empty unit, 100 %", ["on"], {"tenant": ""}, strategy(100))
surprise("null unit, 100 %", ["on"], {"tenant": None}, strategy(100))
surprise("no unit, stickiness default, 50 %", ["off", "on"], {},
         strategy(50, parameters={"stickiness": "default"}))
surprise("no unit, stickiness random, 100 %", ["on"], {}, strategy(100, parameters={"stickiness": "random"}))
surprise("rollout 0.5", ["off"], {"tenant": "acme"}, strategy("0.5"))
surprise("rollout 99.9", ["off"], {"tenant": "acme"}, strategy("99.9"))
surprise("no rollout", ["off"], {"tenant": "acme"}, {"name": "flexibleRollout", "parameters": {
    "stickiness": "tenant", "groupId": "checkout"}})
surprise("rollout 250", ["off"], {"tenant": "acme"}, strategy("250"))
surprise("IN, attribute missing", ["off"], {"tenant": "a"}, strategy(100, [among("plan", "IN", "paid")]))
surprise("NOT_IN, attribute missing", ["on"], {"tenant": "a"}, strategy(100, [among("plan", "NOT_IN", "paid")]))
surprise("IN inverted, attribute missing", ["on"], {"tenant": "a"},
         strategy(100, [among("plan", "IN", "paid", inverted=True)]))
surprise("IN of nothing", ["off"], {"tenant": "a"}, strategy(100, [among("plan", "IN")]))
surprise("NOT_IN of nothing", ["on"], {"tenant": "a"}, strategy(100, [among("plan", "NOT_IN")]))
surprise("number 5 among '5'", ["on"], {"tenant": "a", "seats": 5}, strategy(100, [among("seats", "IN", "5")]))
surprise("number 5.0 among '5'", ["off"], {"tenant": "a", "seats": 5.0}, strategy(100, [among("seats", "IN", "5")]))
surprise("true among 'true'", ["off"], {"tenant": "a", "beta": True}, strategy(100, [among("beta", "IN", "true")]))
surprise("true among 'True'", ["on"], {"tenant": "a", "beta": True}, strategy(100, [among("beta", "IN", "True")]))
surprise("'PAID' among 'paid'", ["off"], {"tenant": "a", "plan": "PAID"}, strategy(100, [among("plan", "IN", "paid")]))
surprise("'PAID' among 'paid', caseInsensitive", ["off"], {"tenant": "a", "plan": "PAID"},
         strategy(100, [among("plan", "IN", "paid", caseInsensitive=True)]))
surprise("unknown segment", ["off"], {"tenant": "a"}, strategy(100, segments=[9]))
surprise("no strategy, on", ["on"], {"tenant": "a"})
serve(strategy(100))
reader.ask(load=[{"tenant": "a"}])
print("unknown flag:", reader.ask(flag="none")["variants"])
same(reader.ask(flag="none")["variants"], ["off"])

# A variant with a payload, and whoever is left: the order decides.
handed = {"weight": 1000, "weightType": "variable", "stickiness": "random"}
serve(strategy(100, [among("plan", "IN", "paid")], sortOrder=0, variants=[
    {**handed, "name": "canary", "payload": {"type": "json", "value": "{\"m\":2}"}}]),
    strategy(100, sortOrder=1, parameters={"stickiness": "random"}, variants=[
        {**handed, "name": "control", "payload": {"type": "number", "value": "1"}}]))
same(answers([{"tenant": "a", "plan": "paid"}, {"tenant": "a"}, {}]),
     ['canary json {"m":2}', "control number 1", "control number 1"])
reader.end()
server.end()
