"""Unleash's own evaluation, POST /api/admin/playground/advanced: each flag of the projects for each context, as its SDKs
decide it. Attributes are texts; those with a comma in them are several contexts, one for each part."""

import itertools

import unleash_rules as rules
from platform_server import Answer, route
from unleash_features import UnleashFeatures

MASK = 0xffffffff
FIELDS = ("userId", "sessionId", "remoteAddress")


def murmur(text, seed=0):
    """MurmurHash3, 32 bits, of https://github.com/aappleby/smhasher."""
    data, h = text.encode(), seed
    for at in range(0, len(data), 4):
        k = int.from_bytes(data[at:at + 4], "little") * 0xcc9e2d51 & MASK
        h ^= ((k << 15 | k >> 17) & MASK) * 0x1b873593 & MASK
        if at + 4 <= len(data):
            h = ((h << 13 | h >> 19) & MASK) * 5 + 0xe6546b64 & MASK
    h ^= len(data)
    h = (h ^ h >> 16) * 0x85ebca6b & MASK
    h = (h ^ h >> 13) * 0xc2b2ae35 & MASK
    return h ^ h >> 16


class UnleashPlayground(UnleashFeatures):
    @route("POST", "/api/admin/playground/advanced")
    def play(self, request):
        given = request.json["context"]
        flat = {**{name: given[name] for name in FIELDS if name in given}, **given.get("properties", {})}
        for name, value in flat.items():
            if not isinstance(value, str):
                raise rules.schema_failure(f"The `/body/context/properties/{name}` property must be string.")
        splits = [[(name, part) for part in value.split(",")] for name, value in flat.items()]
        contexts = [dict(chosen) for chosen in itertools.product(*splits)]
        flags = [one for one in self.state["flags"].values()
                 if one["project"] in request.json["projects"] and not one["archived"]]
        features = [{"name": flag["name"], "projectId": flag["project"], "environments": {
            environment: [self.played(flag, environment, context) for context in contexts]
            for environment in request.json["environments"]}} for flag in flags]
        return Answer(200, {"features": features, "input": request.json})

    def played(self, flag, environment, context):
        held = next((one for one in flag["environments"] if one["name"] == environment), None)
        parents = [self.state["flags"].get(one["feature"]) for one in flag.get("dependencies", [])]
        met = all(one and self.played(one, environment, context)["isEnabled"] for one in parents)
        decided = bool(held and self.decides(held["strategies"], context))
        is_on = bool(held and held["enabled"])
        strategies = held["strategies"] if held else []
        variant = self.handed_out(strategies, context) if is_on and met and decided else None
        return {"name": flag["name"], "environment": environment, "isEnabled": is_on and met and decided,
                "isEnabledInCurrentEnvironment": is_on, "hasUnsatisfiedDependency": not met,
                "variant": variant or {"name": "disabled", "enabled": False},
                "strategies": {"result": decided, "data": [self.told(one, context) for one in strategies]}}

    def told(self, strategy, context):
        names = ("name", "id", "title", "disabled", "parameters", "constraints")
        result = {"enabled": "unknown", "evaluationStatus": "unevaluated"}
        if not strategy["disabled"]:
            result = {"enabled": self.lets_in(strategy, context), "evaluationStatus": "complete"}
        return {**{name: strategy[name] for name in names}, "result": result}

    def handed_out(self, strategies, context):
        """Of the first strategy that lets it in; which of several of its variants is not told apart here."""
        for one in strategies:
            if not one["disabled"] and self.lets_in(one, context):
                whole = [each for each in one["variants"] if each["weight"] == 1000]
                return {**{name: whole[0][name] for name in ("name", "payload") if name in whole[0]},
                        "enabled": True} if whole else None
        return None

    def decides(self, strategies, context):
        active = [one for one in strategies if not one["disabled"]]
        return not active or any(self.lets_in(one, context) for one in active)

    def lets_in(self, strategy, context):
        segments = {one["id"]: one["constraints"] for one in self.state["segments"]}
        constraints = strategy["constraints"] + [each for id in strategy["segments"] for each in segments.get(id, [])]
        for one in constraints:
            found = context.get(one["contextName"]) in one["values"]
            if found != (one["operator"] == "IN"):
                return False
        parameters = strategy["parameters"]
        sticky, share = parameters.get("stickiness", "default"), int(parameters.get("rollout", 100))
        if sticky == "random":
            return share == 100
        unit = context.get("userId" if sticky == "default" else sticky)
        return unit is not None and murmur(f"{parameters.get('groupId')}:{unit}") % 100 + 1 <= share
