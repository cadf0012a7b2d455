"""The instructions of LaunchDarkly's semantic patch, as its API documentation describes them.

An instruction changes a flag as `GET /api/v2/flags/PROJECT/FLAG` shows it, or raises Wrong. All of a patch holds or
nothing does: whoever calls works on a copy.
"""

import copy
import uuid

APPROVED = {"updateOn": ["turnFlagOn", "turnFlagOff"], "updateFallthrough": ["updateFallthroughVariationOrRollout"],
            "updateOffVariation": ["updateOffVariation"],
            "updatePrerequisites": ["addPrerequisite", "removePrerequisite"],
            "updateTargets": ["addTargets", "removeTargets", "clearTargets", "replaceTargets"]}


class Wrong(Exception):
    """The instruction cannot be carried out; `status` is 400 unless the API is known to answer otherwise."""

    def __init__(self, message, status=400):
        super().__init__(message)
        self.status = status


def action(kind):
    """What roles and approvals call the change that an instruction makes."""
    for name, kinds in APPROVED.items():
        if kind in kinds:
            return name
    return "updateRules" if "Rule" in kind or "Clause" in kind else kind


class Instructions:
    """Carries out instructions on one flag in one environment; each method is one kind."""

    # These are about the flag itself, in every environment.
    WHOLE = ("addTags", "removeTags", "updateName", "updateDescription", "archiveFlag", "restoreFlag")

    def __init__(self, flag, environment, releases):
        self.flag = flag
        self.environment = environment
        self.config = flag["environments"].get(environment)
        self.releases = releases

    def carry_out(self, instruction):
        kind = instruction.get("kind") if isinstance(instruction, dict) else None
        if not isinstance(kind, str) or kind.startswith("_") or kind == "carry_out":
            raise Wrong("each instruction must have a kind")
        method = getattr(self, kind, None)
        if method is None:
            raise Wrong(f"instruction kind '{kind}' unsupported")
        if kind not in self.WHOLE and self.config is None:
            raise Wrong("environmentKey is required" if self.environment is None
                        else f"unknown environment '{self.environment}'")
        given = {name: value for name, value in instruction.items() if name != "kind"}
        try:
            method(**given)
        except TypeError as problem:
            raise Wrong(f"instruction '{kind}': {str(problem).split(') ')[-1]}") from None

    # What the instructions have in common.

    def _index(self, variationId):
        for at, one in enumerate(self.flag["variations"]):
            if one["_id"] == variationId:
                return at
        raise Wrong(f"variation '{variationId}' does not exist on flag '{self.flag['key']}'")

    def _served(self, variationId, rolloutWeights, rolloutBucketBy, rolloutContextKind):
        """{"variation": index} or {"rollout": ..}: writes name variations by id, reads by index."""
        if (variationId is None) == (rolloutWeights is None):
            raise Wrong("exactly one of variationId and rolloutWeights is required")
        if variationId is not None:
            return {"variation": self._index(variationId)}
        weights = {self._index(id): weight for id, weight in rolloutWeights.items()}
        for weight in weights.values():
            if not isinstance(weight, int) or isinstance(weight, bool) or not 0 <= weight <= 100000:
                raise Wrong("rollout weights must be integers between 0 and 100000")
        if sum(weights.values()) != 100000:
            raise Wrong("rollout weights must sum to 100000")
        rollout = {"variations": [{"variation": at, "weight": weights.get(at, 0)}
                                  for at in range(len(self.flag["variations"]))],
                   "contextKind": rolloutContextKind or "user"}
        if rolloutBucketBy is not None:
            rollout["bucketBy"] = rolloutBucketBy
        return {"rollout": rollout}

    def _rule(self, ruleId):
        for one in self.config["rules"]:
            if one["_id"] == ruleId:
                return one
        raise Wrong(f"rule '{ruleId}' does not exist")

    def _clause(self, ruleId, clauseId):
        for one in self._rule(ruleId)["clauses"]:
            if one["_id"] == clauseId:
                return one
        raise Wrong(f"clause '{clauseId}' does not exist")

    def _clauses(self, given):
        result = []
        for one in given:
            if not isinstance(one, dict) or not {"attribute", "op", "values"} <= set(one):
                raise Wrong("a clause needs attribute, op and values")
            if not isinstance(one["values"], list):
                raise Wrong("the values of a clause must be a list")
            result.append({"_id": str(uuid.uuid4()), "contextKind": one.get("contextKind", "user"),
                           "attribute": one["attribute"], "op": one["op"], "values": list(one["values"]),
                           "negate": bool(one.get("negate", False))})
        return result

    def _target(self, contextKind, variation):
        """The list of keys of that kind that get that variation. Keys of users stand apart from the others, and an
        empty place among the others tells when it is their turn."""
        def place(holder):
            for one in holder:
                if (one["contextKind"], one["variation"]) == (contextKind, variation):
                    return one
            holder.append({"values": [], "variation": variation, "contextKind": contextKind})
            return holder[-1]

        other = place(self.config["contextTargets"])
        return (place(self.config["targets"]) if contextKind == "user" else other)["values"]

    def _tidy(self):
        held = {(one["contextKind"], one["variation"]) for one in self.config["targets"] if one["values"]}
        self.config["targets"] = [one for one in self.config["targets"] if one["values"]]
        self.config["contextTargets"] = [one for one in self.config["contextTargets"] if one["values"]
                                         or (one["contextKind"], one["variation"]) in held]

    # On and off, what is served.

    def turnFlagOn(self):
        self.config["on"] = True

    def turnFlagOff(self):
        self.config["on"] = False

    def updateOffVariation(self, variationId):
        self.config["offVariation"] = self._index(variationId)

    def updateFallthroughVariationOrRollout(self, variationId=None, rolloutWeights=None, rolloutBucketBy=None,
                                            rolloutContextKind=None):
        self.config["fallthrough"] = self._served(variationId, rolloutWeights, rolloutBucketBy, rolloutContextKind)

    # Rules.

    def addRule(self, clauses=(), variationId=None, rolloutWeights=None, rolloutBucketBy=None, rolloutContextKind=None,
                beforeRuleId=None, description=None, ref=None, trackEvents=False):
        rule = {"_id": str(uuid.uuid4()), "clauses": self._clauses(clauses), "trackEvents": trackEvents,
                **self._served(variationId, rolloutWeights, rolloutBucketBy, rolloutContextKind)}
        rule.update({"description": description} if description else {})
        rule.update({"ref": ref} if ref else {})
        where = len(self.config["rules"])
        if beforeRuleId is not None:
            where = self.config["rules"].index(self._rule(beforeRuleId))
        self.config["rules"].insert(where, rule)

    def removeRule(self, ruleId):
        self.config["rules"] = [one for one in self.config["rules"] if one["_id"] != ruleId]

    def replaceRules(self, rules):
        self.config["rules"] = []
        for one in rules:
            self.addRule(**one)

    def reorderRules(self, ruleIds):
        if sorted(ruleIds) != sorted(one["_id"] for one in self.config["rules"]):
            raise Wrong("ruleIds must match the current set of rules")
        self.config["rules"].sort(key=lambda one: ruleIds.index(one["_id"]))

    def updateRuleVariationOrRollout(self, ruleId, variationId=None, rolloutWeights=None, rolloutBucketBy=None,
                                     rolloutContextKind=None):
        rule = self._rule(ruleId)
        served = self._served(variationId, rolloutWeights, rolloutBucketBy, rolloutContextKind)
        rule.pop("variation", None)
        rule.pop("rollout", None)
        rule.update(served)

    def updateRuleDescription(self, ruleId, description):
        self._rule(ruleId)["description"] = description

    def addClauses(self, ruleId, clauses):
        self._rule(ruleId)["clauses"] += self._clauses(clauses)

    def removeClauses(self, ruleId, clauseIds):
        rule = self._rule(ruleId)
        rule["clauses"] = [one for one in rule["clauses"] if one["_id"] not in clauseIds]

    def updateClause(self, ruleId, clauseId, clause):
        self._clause(ruleId, clauseId).update({**self._clauses([clause])[0], "_id": clauseId})

    def addValuesToClause(self, ruleId, clauseId, values):
        held = self._clause(ruleId, clauseId)["values"]
        held += [one for one in values if one not in held]

    def removeValuesFromClause(self, ruleId, clauseId, values):
        held = self._clause(ruleId, clauseId)
        held["values"] = [one for one in held["values"] if one not in values]

    # Targets.

    def addTargets(self, values, variationId, contextKind="user"):
        variation = self._index(variationId)
        for one in self.config["targets"] + self.config["contextTargets"]:
            both = set(one["values"]) & set(values)
            if one["contextKind"] == contextKind and one["variation"] != variation and both:
                raise Wrong(f"context key '{min(both)}' is already targeted by another variation")
        held = self._target(contextKind, variation)
        held += [one for one in values if one not in held]
        self._tidy()

    def removeTargets(self, values, variationId, contextKind="user"):
        held = self._target(contextKind, self._index(variationId))
        held[:] = [one for one in held if one not in values]
        self._tidy()

    def clearTargets(self, variationId):
        variation = self._index(variationId)
        for name in ("targets", "contextTargets"):
            self.config[name] = [one for one in self.config[name] if one["variation"] != variation]

    def replaceTargets(self, targets):
        self.config["targets"], self.config["contextTargets"] = [], []
        for one in targets:
            self.addTargets(**one)

    def addPrerequisite(self, key, variationId):
        self.config["prerequisites"].append({"key": key, "variationId": variationId})

    def removePrerequisite(self, key):
        self.config["prerequisites"] = [one for one in self.config["prerequisites"] if one["key"] != key]

    # The flag in every environment.

    def addTags(self, values):
        self.flag["tags"] += [one for one in values if one not in self.flag["tags"]]

    def removeTags(self, values):
        self.flag["tags"] = [one for one in self.flag["tags"] if one not in values]

    def updateName(self, value):
        self.flag["name"] = value

    def updateDescription(self, value):
        self.flag["description"] = value

    def archiveFlag(self):
        self.flag["archived"] = True

    def restoreFlag(self):
        self.flag["archived"] = False

    # Automated releases, which are in no published description of the API.

    def _running(self):
        return [one for one in self.releases if one["environmentKey"] == self.environment
                and one["status"] in ("in_progress", "paused")]

    def startAutomatedRelease(self, releaseKind, originalVariationId, targetVariationId, stages,
                              randomizationUnit="user", metrics=(), metricMonitoringPreferences=None, ruleId=None):
        if not self.config["on"]:
            raise Wrong(f"flag {self.flag['key']} is off")
        if self._running():
            raise Wrong(f"Flag must not have ongoing {self._running()[0]['kind']} rollout")
        if originalVariationId == targetVariationId:
            raise Wrong("instruction targetVariationId and originalVariationId must be different")
        if not any(one["_id"] == targetVariationId for one in self.flag["variations"]):
            raise Wrong("internal service error", 500)
        self.releases.insert(0, {
            "id": uuid.uuid4().hex[:26].upper(), "flagKey": self.flag["key"], "kind": releaseKind,
            "status": "in_progress", "environmentKey": self.environment, "originalVariationId": originalVariationId,
            "targetVariationId": targetVariationId, "randomizationUnit": randomizationUnit,
            "ruleIdOrFallthrough": ruleId or "fallthrough", "latestStageIndex": 0,
            "stages": [{"stageIndex": at, **one} for at, one in enumerate(copy.deepcopy(list(stages)))],
            "events": [], "metricConfigurations": [{"key": one["key"]} for one in metrics]})

    def stopAutomatedRelease(self, finalVariationId):
        if not self._running():
            raise Wrong("no ongoing rollout")
        self.config["fallthrough"] = {"variation": self._index(finalVariationId)}
        self._running()[0]["status"] = "completed"

    def dismissRegression(self):
        for one in self._running():
            one["status"] = "in_progress"
