"""What Statsig makes of a gate or a dynamic configuration: how rules are checked, and the specification that SDKs evaluate.

Pure functions, kept apart from the server. A refusal is a list of {"property", "errorMessage"}.
"""

import json
from decimal import Decimal
from hashlib import sha256

# type: the operators it takes. None: it takes no operator.
SETS = ("any", "none")
TEXTS = (*SETS, "any_case_sensitive", "none_case_sensitive", "str_contains_any", "str_contains_none",
         "str_starts_with_any", "str_ends_with_any", "str_matches")
VERSIONS = (*SETS, "version_gt", "version_gte", "version_lt", "version_lte", "version_eq", "version_neq")
NUMBERS = ("gt", "gte", "lt", "lte", "eq", "neq")
TIMES = ("before", "after", "on")
LISTS = ("array_contains_any", "array_contains_none", "array_contains_all", "not_array_contains_all")
TYPES = {
    "public": None, "passes_gate": None, "fails_gate": None, "passes_segment": None, "fails_segment": None,
    "user_id": (*SETS, "any_case_sensitive", "none_case_sensitive"), "unit_id": (*SETS, "any_case_sensitive",
                                                                                 "none_case_sensitive"),
    "email": TEXTS, "custom_field": (*TEXTS, *VERSIONS, *NUMBERS, *TIMES, *LISTS), "country": SETS, "locale": SETS,
    "ip_address": SETS, "os_name": SETS, "browser_name": SETS, "device_model": TEXTS, "url": TEXTS,
    "app_version": VERSIONS, "os_version": VERSIONS, "browser_version": VERSIONS, "environment_tier": SETS,
    "time": TIMES, "target_app": SETS, "javascript": None}
LISTED = (*SETS, "any_case_sensitive", "none_case_sensitive", "str_contains_any", "str_contains_none",
          "str_starts_with_any", "str_ends_with_any", *LISTS)
FIELDS = {"email": "email", "locale": "locale", "ip_address": "ip", "app_version": "appVersion", "url": "url",
          "device_model": "deviceModel"}
AGENTS = {"os_name": "os_name", "os_version": "os_version", "browser_name": "browser_name",
          "browser_version": "browser_version"}


def condition_errors(condition, path):
    if not isinstance(condition, dict) or condition.get("type") not in TYPES:
        found = condition.get("type") if isinstance(condition, dict) else condition
        return [{"property": f"{path}.type", "errorMessage": f"Invalid enum value, received '{found}'"}]
    operators = TYPES[condition["type"]]
    if operators is None:
        return []
    found = []
    if condition.get("operator") not in operators:
        found.append({"property": f"{path}.operator", "errorMessage":
                      f"Invalid operator '{condition.get('operator')}' for condition type '{condition['type']}'"})
    if condition.get("targetValue") is None:
        found.append({"property": f"{path}.targetValue", "errorMessage": "Required"})
    for kind, name in (("custom_field", "field"), ("unit_id", "customID")):
        if condition["type"] == kind and not condition.get(name):
            found.append({"property": f"{path}.{name}", "errorMessage": "Required"})
    return found


def rule_errors(rule, path, whole):
    """`whole`: the rule is sent in full, and not only what changes of it."""
    if not isinstance(rule, dict):
        return [{"property": path, "errorMessage": "Expected object"}]
    found = [{"property": f"{path}.{name}", "errorMessage": "Required"}
             for name in ("name", "passPercentage", "conditions") if whole and name not in rule]
    share = rule.get("passPercentage", 0)
    if isinstance(share, bool) or not isinstance(share, (int, float)):
        found.append({"property": f"{path}.passPercentage", "errorMessage": "Expected number"})
    elif not 0 <= share <= 100:
        found.append({"property": f"{path}.passPercentage", "errorMessage": "Number must be between 0 and 100"})
    elif Decimal(repr(share)) % Decimal("0.01"):
        found.append({"property": f"{path}.passPercentage", "errorMessage": "Number must be a multiple of 0.01"})
    for at, condition in enumerate(rule.get("conditions") or []):
        found += condition_errors(condition, f"{path}.conditions.{at}")
    return found


def salt(name, salts):
    """A salt is nowhere in the Console API, and follows from nothing there; only SDKs are told."""
    return salts.get(name) or sha256(f"salt of {name}".encode()).hexdigest()[:32]


def listed(value):
    return value if isinstance(value, list) else [value]


def spec_condition(condition, unit):
    kind, target, operator = condition["type"], condition.get("targetValue"), condition.get("operator")
    if operator in LISTED:
        target = listed(target)
    made = {"type": kind, "targetValue": target, "operator": operator, "field": None, "additionalValues": {},
            "isDeviceBased": False, "idType": unit}
    if kind in ("passes_gate", "fails_gate"):
        return {**made, "type": kind.replace("passes", "pass").replace("fails", "fail")}
    if kind in ("passes_segment", "fails_segment"):
        return {**made, "type": "pass_gate" if kind[0] == "p" else "fail_gate", "targetValue": f"segment:{target}"}
    if kind in ("user_id", "unit_id"):
        return {**made, "type": "unit_id", "idType": "userID" if kind == "user_id" else condition["customID"]}
    if kind == "country":
        return {**made, "type": "ip_based", "field": "country"}
    if kind == "environment_tier":
        return {**made, "type": "environment_field", "field": "tier"}
    if kind == "time":
        return {**made, "type": "current_time"}
    if kind in AGENTS:
        return {**made, "type": "ua_based", "field": AGENTS[kind]}
    if kind in FIELDS or kind == "custom_field":
        return {**made, "type": "user_field", "field": condition.get("field") or FIELDS.get(kind)}
    return made


def spec_rule(number, share, conditions, unit, salts, environments=None, base=None, name=None):
    conditions = list(conditions)
    if environments:
        conditions.append({"type": "environment_tier", "operator": "any", "targetValue": environments})
    return {"name": number, "groupName": name, "passPercentage": share, "id": number,
            "conditions": [spec_condition(one, unit) for one in conditions], "returnValue": True,
            "salt": salt(base or number, salts), "isDeviceBased": False, "idType": unit}


def override_rules(gate, overrides, salts):
    """Who is named one by one comes before all rules."""
    unit = gate["idType"]
    found = []
    groups = [("userID", overrides["passingUserIDs"], overrides["failingUserIDs"], None),
              (unit, overrides["passingCustomIDs"], overrides["failingCustomIDs"], None)]
    groups += [(one.get("unitID") or "userID", one["passingIDs"], one["failingIDs"], one.get("environment"))
               for one in overrides["environmentOverrides"]]
    for kind, passing, failing, environment in groups:
        for share, ids in ((100, passing), (0, failing)):
            if ids:
                found.append(spec_rule("override", share, [{"type": "unit_id", "customID": kind, "operator": "any",
                                                            "targetValue": ids}], unit, salts,
                                       [environment] if environment else None))
    return found


def gate_spec(gate, overrides, salts):
    unit = gate["idType"]
    rules = override_rules(gate, overrides, salts) + [
        spec_rule(rule["id"], rule["passPercentage"], rule["conditions"], unit, salts, rule.get("environments"),
                  rule["baseID"], rule["name"]) for rule in gate["rules"]]
    if gate["status"] == "Launched":
        # Launched is true for everybody, whatever the rules say.
        rules = [spec_rule("launched", 100, [{"type": "public"}], unit, salts)]
    return {"name": gate["id"], "type": "feature_gate", "salt": salt(gate["id"], salts), "defaultValue": False,
            "enabled": gate["isEnabled"] and gate["status"] not in ("Disabled", "Archived"), "rules": rules,
            "isDeviceBased": False, "idType": unit, "entity": "feature_gate", "version": gate["version"]}


def config_spec(config, salts):
    """Whoever passes a rule gets what it returns, and everybody else the default."""
    unit, name = config["idType"], f"config {config['id']}"
    found = [{**spec_rule(rule["id"], rule["passPercentage"], rule["conditions"], unit, salts, rule.get("environments"),
                          rule["baseID"], rule["name"]), "returnValue": rule.get("returnValue", {})}
             for rule in config["rules"]]
    return {"name": config["id"], "type": "dynamic_config", "salt": salt(name, salts),
            "defaultValue": config["defaultValue"],
            "enabled": config["isEnabled"] and config["status"] not in ("Disabled", "Archived"), "rules": found,
            "isDeviceBased": False, "idType": unit, "entity": "dynamic_config", "version": config["version"]}


def segment_spec(name, segment, salts):
    rules = [spec_rule(f"{name}-{at}", rule.get("passPercentage", 100), rule["conditions"],
                       segment.get("idType", "userID"), salts) for at, rule in enumerate(segment["rules"])]
    return {"name": f"segment:{name}", "type": "feature_gate", "salt": salt(f"segment:{name}", salts),
            "defaultValue": False, "enabled": True, "rules": rules, "isDeviceBased": False,
            "idType": segment.get("idType", "userID"), "entity": "segment"}


def core_document(document):
    """The same for SDKs upon Statsig's core: maps instead of lists, each condition once for all rules, and no rules where a
    gate or a configuration is disabled. Written from the data that Statsig's own tests come with (statsig-rust,
    tests/data/eval_proj_dcs.json)."""
    known = {}

    def named(condition):
        text = json.dumps(condition, sort_keys=True)
        name = sha256(text.encode()).hexdigest()[:16]
        known[name] = {part: value for part, value in condition.items() if part != "isDeviceBased"}
        return name

    def specs(listed):
        found = {}
        for spec in listed:
            rules = [{**{part: value for part, value in rule.items() if part != "isDeviceBased"},
                      "conditions": [named(one) for one in rule["conditions"]]}
                     for rule in spec["rules"] if spec["enabled"]]
            found[spec["name"]] = {
                **{part: value for part, value in spec.items() if part not in ("name", "isDeviceBased", "version")},
                "rules": rules, "version": spec.get("version", 1)}
        return found

    return {**document, "feature_gates": specs(document["feature_gates"]), "condition_map": known,
            "dynamic_configs": specs(document["dynamic_configs"]), "layer_configs": {}, "layers": {},
            "experiment_to_layer": {}, "id_lists": {}, "param_stores": {}, "company_lcut": document["time"],
            "response_format": "dcs-v2"}
