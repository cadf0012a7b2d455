"""How Statsig's gates are written: the gate, its rules, its overrides and its status.

The part of statsig_server.py that changes the state. Nothing here compares versions: the Console API cannot, and
whoever writes last wins.
"""

import copy
import re
import time
import uuid

import statsig_rules as rules
from platform_server import Answer, Platform, route

GATES = "/console/v1/gates/{name}"
UPDATED = "Gate updated successfully."
MISSING = "Not Found. The requested resource could not be found."
WRITABLE = ("name", "isEnabled", "description", "tags", "type", "idType", "targetApps", "team", "teamID",
            "measureMetricLifts", "monitoringMetrics", "releasePipelineID", "isTemplate")
RULE = ("name", "passPercentage", "conditions", "environments", "returnValue", "pendingAutomatedRollouts",
        "completedAutomatedRollouts")
LISTS = ("passingUserIDs", "failingUserIDs", "passingCustomIDs", "failingCustomIDs")
MOST_OVERRIDES = 2000


def fail(status, message, errors=None):
    return Answer(status, {"status": status, "message": message, **({"errors": errors} if errors else {})})


def fresh():
    """An id as Statsig makes them: 22 letters and digits."""
    number, letters = uuid.uuid4().int, ""
    for _ in range(22):
        number, digit = divmod(number, 62)
        letters += "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"[digit]
    return letters


class Writing(Platform):
    def filled(self, name, gate):
        made = int(time.time() * 1000)
        whole = {
            "id": name, "name": name, "description": "", "idType": "userID", "lastModifierID": "1vaQaBoLlkauH9iiuOSBP2",
            "lastModifiedTime": made, "lastModifierName": "CONSOLE API", "lastModifierEmail": None,
            "creatorID": "1vaQaBoLlkauH9iiuOSBP2", "createdTime": made, "creatorName": "CONSOLE API",
            "creatorEmail": None, "targetApps": [], "holdoutIDs": [], "tags": [], "isEnabled": True,
            "status": "In Progress", "rules": [], "checksPerHour": 0, "type": "TEMPORARY", "typeReason": "NONE",
            "team": None, "teamID": None, "reviewSettings": {"requiredReview": False, "allowedReviewers": []},
            "measureMetricLifts": True, "owner": {"ownerID": "user123", "ownerName": "CONSOLE API",
                                                  "ownerType": "SDK_KEY", "ownerEmail": ""},
            "monitoringMetrics": [], "version": 1, **gate}
        if "status" not in gate and not whole["isEnabled"]:
            whole["status"] = "Disabled"
        whole["rules"] = [self.filled_rule(rule) for rule in whole["rules"]]
        return whole

    def filled_rule(self, rule):
        base = rule.get("baseID") or rule.get("id", "").split(":")[0] or fresh()
        return {"id": rule.get("id") or base, "baseID": base, "name": "", "passPercentage": 0, "conditions": [],
                "environments": None, **{name: rule[name] for name in RULE if name in rule}}

    def gate(self, name):
        if name not in self.state["flags"]:
            raise fail(404, MISSING)
        return self.state["flags"][name]

    def overrides(self, gate):
        none = {name: [] for name in (*LISTS, "environmentOverrides")}
        return {**none, **self.state["overrides"].get(gate["id"], {})}

    # Keeping.

    def remember(self, gate):
        self.state["history"].setdefault(gate["id"], []).append(copy.deepcopy(gate))

    def saved(self, gate, name="CONSOLE API", email=None, number="1vaQaBoLlkauH9iiuOSBP2"):
        at = max(int(time.time() * 1000), gate["lastModifiedTime"] + 1, self.state["changes"] + 1)
        self.state["changes"] = at
        gate.update(version=gate["version"] + 1, lastModifiedTime=at, lastModifierName=name, lastModifierEmail=email,
                    lastModifierID=number)
        self.remember(gate)

    def change(self, request, name, edit, message=UPDATED, status=200, shown=None):
        """Carries out `edit` on the gate, unless the gate needs a review and the request cares."""
        gate = self.gate(name)
        held = gate["reviewSettings"]["requiredReview"] and self.state.get("review")
        if held and request.headers.get("x-respect-review-settings", "").lower() == "true":
            if self.state["review"] == "refused":
                raise fail(403, "This gate requires review before changes can be made.")
            proposed = copy.deepcopy(gate)
            lists = copy.deepcopy(self.overrides(gate))
            edit(proposed, lists)
            self.propose(gate, proposed, lists, "Change by the Console API")
            return Answer(status, {"message": message, "data": shown(self.overrides(gate)) if shown else gate})
        lists = copy.deepcopy(self.overrides(gate))
        edit(gate, lists)
        self.state["overrides"][gate["id"]] = lists
        self.saved(gate)
        return Answer(status, {"message": message, "data": shown(lists) if shown else gate})

    # The gate.

    def check(self, errors):
        if errors:
            raise fail(400, "Validation failed", errors)

    def body(self, request):
        if not isinstance(request.json, dict):
            raise fail(400, "Invalid request. Please check the request input and try again.")
        return request.json

    def switch(self, gate, on):
        gate.update(isEnabled=on, status="In Progress" if on else "Disabled")

    def write(self, gate, data):
        gate.update({name: copy.deepcopy(data[name]) for name in WRITABLE if name in data})
        if "isEnabled" in data:
            self.switch(gate, data["isEnabled"])
        if "requiredReview" in data.get("reviewSettings", {}):
            gate["reviewSettings"]["requiredReview"] = data["reviewSettings"]["requiredReview"]
        if "rules" in data:
            gate["rules"] = self.replaced(gate, data["rules"])

    def replaced(self, gate, sent):
        """The whole list as sent. A rule that names one of those there stays that one; any other is new, and has a new
        salt, so that its percentage is of other people."""
        known = {name: rule for rule in gate["rules"] for name in (rule["id"], rule["baseID"])}
        kept = []
        for rule in sent:
            old = known.get(rule.get("id")) or known.get(rule.get("baseID"))
            kept.append(self.changed(old, rule) if old else self.filled_rule(
                {name: value for name, value in rule.items() if name not in ("id", "baseID")}))
        return kept

    def changed(self, rule, sent):
        """A rule with another percentage gets another id, made from its baseID, which stays."""
        new = {**rule, **{name: copy.deepcopy(sent[name]) for name in RULE if name in sent}}
        if new["passPercentage"] != rule["passPercentage"] and not self.state.get("fixed_rule_ids"):
            count = int(rule["id"].split(":")[2]) if rule["id"].count(":") == 2 else 0
            new["id"] = f"{rule['baseID']}:{new['passPercentage']:.2f}:{count + 1}"
        return new

    def gate_errors(self, data):
        found = [{"property": name, "errorMessage": f"Expected {kind.__name__}"} for name, kind in (
            ("name", str), ("description", str), ("isEnabled", bool), ("tags", list), ("rules", list))
            if name in data and not isinstance(data[name], kind)]
        if "type" in data and data["type"] not in ("PERMANENT", "TEMPORARY", "STALE", "TEMPLATE"):
            found.append({"property": "type", "errorMessage": f"Invalid enum value, received '{data['type']}'"})
        for at, rule in enumerate(data.get("rules") or []) if not found else ():
            found += rules.rule_errors(rule, f"rules.{at}", True)
        return found

    @route("POST", "/console/v1/gates/?")
    def create_gate(self, request):
        data = self.body(request)
        self.check(self.gate_errors(data) or ([] if data.get("name") or data.get("id") else [
            {"property": "name", "errorMessage": "Required"}]))
        name = data.get("id") or re.sub(r"[^A-Za-z0-9_.:-]", "_", data["name"].lower())
        if name in self.state["flags"]:
            raise fail(400, f"A gate with the name {name} already exists.")
        gate = self.filled(name, {"name": data.get("name") or name})
        self.write(gate, data)
        self.state["flags"][name] = gate
        self.remember(gate)
        return Answer(201, {"message": "Gate created successfully.", "data": gate})

    @route("PATCH", GATES)
    def patch_gate(self, request, name):
        data = self.body(request)
        self.gate(name)
        self.check(self.gate_errors(data))
        return self.change(request, name, lambda gate, _: self.write(gate, data))

    @route("POST", GATES)
    def replace_gate(self, request, name):
        data = self.body(request)
        self.gate(name)
        self.check(self.gate_errors(data) + [{"property": one, "errorMessage": "Required"}
                                             for one in ("description", "rules") if one not in data])
        return self.change(request, name, lambda gate, _: self.write(gate, {"tags": [], **data}))

    @route("DELETE", GATES)
    def delete_gate(self, request, name):
        del self.state["flags"][self.gate(name)["id"]]
        self.state["changes"] = max(int(time.time() * 1000), self.state["changes"] + 1)
        return Answer(200, {"message": "Gate deleted successfully."})

    @route("PUT", GATES + "/(?P<action>enable|disable|launch|archive|unarchive)")
    def act(self, request, name, action):
        def edit(gate, _):
            if action in ("enable", "disable"):
                self.switch(gate, action == "enable")
            elif action == "launch":
                gate.update(isEnabled=True, status="Launched")
            elif action == "archive":
                gate.update(status="Archived")
            else:
                self.switch(gate, gate["isEnabled"])

        return self.change(request, name, edit)

    # Its rules.

    def rule(self, gate, number):
        for at, rule in enumerate(gate["rules"]):
            if number == rule["id"] or (number == rule["baseID"] and self.state.get("rule_paths") != "id"):
                return at
        raise fail(404, MISSING)

    def add_rules(self, request, name, sent):
        self.gate(name)
        self.check([one for at, rule in enumerate(sent) for one in rules.rule_errors(rule, f"rules.{at}", True)])
        return self.change(request, name, lambda gate, _: gate["rules"].extend(
            self.filled_rule({"id": "", "baseID": "", **{n: v for n, v in rule.items() if n in RULE}})
            for rule in sent), "Gate rules added successfully.")

    @route("POST", GATES + "/rule")
    def add_rule(self, request, name):
        return self.add_rules(request, name, [self.body(request)])

    @route("POST", GATES + "/rules")
    def add_more_rules(self, request, name):
        return self.add_rules(request, name, self.body(request).get("rules") or [])

    @route("PATCH", GATES + "/rules")
    def patch_rules(self, request, name):
        """Changes the rules that are named; adds none and removes none."""
        sent = self.body(request).get("rules") or []
        self.gate(name)
        self.check([one for at, rule in enumerate(sent) for one in rules.rule_errors(rule, f"rules.{at}", False)])

        def edit(gate, _):
            for one in sent:
                at = self.rule(gate, one.get("id") or one.get("baseID"))
                gate["rules"][at] = self.changed(gate["rules"][at], one)

        return self.change(request, name, edit)

    @route("PATCH", GATES + "/rules/{number}")
    def patch_rule(self, request, name, number):
        data = self.body(request)
        self.rule(self.gate(name), number)
        self.check(rules.rule_errors(data, "rule", False))

        def edit(gate, _):
            at = self.rule(gate, number)
            gate["rules"][at] = self.changed(gate["rules"][at], data)

        return self.change(request, name, edit)

    @route("DELETE", GATES + "/rules/{number}")
    def delete_rule(self, request, name, number):
        self.rule(self.gate(name), number)
        return self.change(request, name, lambda gate, _: gate["rules"].pop(self.rule(gate, number)))

    # Overrides.

    def override(self, request, name, how, message="Gate Overrides updated successfully."):
        data = request.json if isinstance(request.json, dict) else {}
        gate = self.gate(name)

        def edit(_, lists):
            how(lists, data)
            for first, second in (LISTS[:2], LISTS[2:]):
                if both := sorted(set(lists[first]) & set(lists[second])):
                    raise fail(400, f"IDs cannot both pass and fail: {', '.join(both)}")
            if any(len(lists[one]) > MOST_OVERRIDES for one in LISTS):
                raise fail(400, f"Overrides are limited to {MOST_OVERRIDES} IDs per list.")

        for entry in data.get("environmentOverrides") or []:
            if not entry.get("unitID") or not isinstance(entry.get("passingIDs"), list):
                self.check([{"property": "environmentOverrides", "errorMessage": "Required"}])
        return self.change(request, gate["id"], edit, message, 201, lambda lists: lists)

    @route("POST", GATES + "/overrides")
    def replace_overrides(self, request, name):
        return self.override(request, name, lambda lists, data: lists.update(
            {one: copy.deepcopy(data.get(one, [])) for one in (*LISTS, "environmentOverrides")}))

    @route("PATCH", GATES + "/overrides")
    def add_overrides(self, request, name):
        def add(lists, data):
            for one in LISTS:
                lists[one] = list(dict.fromkeys(lists[one] + data.get(one, [])))
            for entry in data.get("environmentOverrides", []):
                same = next((old for old in lists["environmentOverrides"]
                             if (old.get("environment"), old["unitID"]) == (entry.get("environment"),
                                                                            entry["unitID"])), None)
                if same is None:
                    lists["environmentOverrides"].append(copy.deepcopy(entry))
                    continue
                for one in ("passingIDs", "failingIDs"):
                    same[one] = list(dict.fromkeys(same[one] + entry.get(one, [])))

        return self.override(request, name, add)

    @route("DELETE", GATES + "/overrides")
    def delete_overrides(self, request, name):
        return self.override(request, name, lambda lists, _: lists.update(
            {one: [] for one in (*LISTS, "environmentOverrides")}), "Gate Overrides deleted successfully.")

    @route("DELETE", GATES + "/overrides/userID/{user}")
    def delete_override(self, request, name, user):
        side = {"pass": "passingUserIDs", "fail": "failingUserIDs"}.get(request.query.get("groupID"))
        if side is None:
            raise fail(400, "Invalid request. Please check the request input and try again.")
        return self.override(request, name, lambda lists, _: lists.update(
            {side: [one for one in lists[side] if one != user]}), "Gate Override deleted successfully.")
