"""Holds the real Statsig server SDKs against Statsig's formula for who passes, over 2,000 tenants. Needs the SDKs.

  SHA-256(GATE'S SALT.RULE'S SALT.UNIT), its first 8 bytes as a number, modulo 10000, is below percentage * 100
(statsig-io/python-sdk, statsig/evaluator.py)
"""

import json
import os
import tempfile
from hashlib import sha256

from trial import Asked, Trial

TENANTS = [f"tenant-{at}" for at in range(2000)]
CONTEXTS = [{"tenant": name, "plan": ("free", "paid")[at % 2], "seats": at} for at, name in enumerate(TENANTS)]
EVERYONE = {"type": "public"}
GATE = "/console/v1/gates/ramp"

trial = Trial("statsig_server.py", headers={"STATSIG-API-KEY": "planted-platform-token"})
address = f"http://127.0.0.1:{trial.ports['port']}"
users = Asked("statsig_reader.py", address, "--unit", "tenant")
companies = Asked("statsig_reader.py", address, "--unit", "tenant", "--as", "companyID", "--tier", "production")
same = trial.same


def place(unit, rule, gate="pepper"):
    return int.from_bytes(sha256(f"{gate}.{rule}.{unit}".encode()).digest()[:8], "big") % 10000


def rule(name, share, *conditions, **more):
    return {"id": name, "name": name, "passPercentage": share, "conditions": list(conditions) or [EVERYONE], **more}


def field(operator, values, name="plan"):
    return {"type": "custom_field", "field": name, "operator": operator, "targetValue": values}


def put(unit, *rules, **more):
    trial.control("PUT", "/state", {
        "flags": {"ramp": {"idType": unit, "rules": list(rules), "lastModifiedTime": put.time, **more.pop("gate", {})}},
        "salts": {"ramp": "pepper", "all": "salt", "first": "salty"}, **more})
    put.time += 1
    return put.time - 1


# Later than any other document of this run.
put.time = 4_000_000_000_000


def answers(reader, contexts, until, part="variants"):
    reader.ask(load=contexts)
    found = reader.ask(flag="ramp", until=until)
    assert found.get("version") == until, found
    return found[part]


for reader, unit in ((users, "userID"), (companies, "companyID")):
    pilot = {"type": "user_id"} if unit == "userID" else {"type": "unit_id", "customID": unit}
    for share in (0, 5, 25, 100, 0.5):
        wanted = [place(name, "salt") < share * 100 for name in TENANTS]
        same(answers(reader, CONTEXTS, put(unit, rule("all", share))), wanted, f"{share} % of {unit}")
        print(f"{unit} {share} %: {sum(wanted)} of {len(wanted)}")
    named = {**pilot, "operator": "any", "targetValue": TENANTS[:3]}
    wanted = [name in TENANTS[:3] or place(name, "salt") < 500 for name in TENANTS]
    same(answers(reader, CONTEXTS, put(unit, rule("first", 100, named), rule("all", 5))), wanted, f"pilots of {unit}")
    # The first rule that matches decides: who does not pass it is not asked about the rules after it.
    wanted = [place(name, "salty") < 2500 if at % 2 else True for at, name in enumerate(TENANTS)]
    same(answers(reader, CONTEXTS, put(unit, rule("first", 25, field("any", ["paid"])), rule("all", 100))), wanted,
         "no second chance")
    wanted = [name not in TENANTS[:3] and place(name, "salt") < 2500 for name in TENANTS]
    same(answers(reader, CONTEXTS, put(unit, rule("first", 0, named), rule("all", 25))), wanted,
         "excluded by a rule at 0")
    same(answers(reader, CONTEXTS, put(unit, rule("all", 25, {**named, "operator": "none"}))), wanted,
         "excluded by none")
    side = "UserIDs" if unit == "userID" else "CustomIDs"
    until = put(unit, rule("all", 25), overrides={"ramp": {"failing" + side: TENANTS[:3],
                                                           "passing" + side: TENANTS[3:5]}})
    wanted = [at in (3, 4) or (at > 4 and place(name, "salt") < 2500) for at, name in enumerate(TENANTS)]
    same(answers(reader, CONTEXTS, until), wanted, "overrides")

    # An attribute that is missing is in no list, and so is outside of every one.
    bare = [{"tenant": "a"}]
    for operator, wanted in (("any", False), ("none", True), ("str_contains_any", False), ("str_contains_none", True),
                             ("any_case_sensitive", False), ("none_case_sensitive", True)):
        same(answers(reader, bare, put(unit, rule("all", 100, field(operator, ["paid"])))), [wanted],
             f"{operator}, missing")
    few = [{"tenant": "a", "plan": one} for one in ("PAID", None, "", 5, "5", 5.0, True)]
    same(answers(reader, few, put(unit, rule("all", 100, field("any", ["paid", "5", "true"])))),
         [True, False, False, True, True, False, True], "any: capitals and numbers are as their text")
    same(answers(reader, few, put(unit, rule("all", 100, field("any_case_sensitive", ["paid", "5", "true"])))),
         [False, False, False, True, True, False, False], "any_case_sensitive")
    same(answers(reader, few, put(unit, rule("all", 100, field("gt", 4, "plan")))),
         ["default: error", False, "default: error", True, True, True,
          False], "gt: text that is no number ends the gate")

    until = put(unit, rule("all", 100))
    trial.send("PUT", GATE + "/disable")
    version = trial.send("GET", GATE).json["data"]["lastModifiedTime"]
    same(answers(reader, CONTEXTS, version), [False] * 2000, "disabled")
    trial.send("PUT", GATE + "/launch")
    same(answers(reader, CONTEXTS, trial.send("GET", GATE).json["data"]["lastModifiedTime"]), [True] * 2000, "launched")
    put.time = trial.send("GET", GATE).json["data"]["lastModifiedTime"] + 1

# A percentage changed through the API is of the same people, though the rule's id is another one.
until = put("companyID", rule("all", 5))
changed = trial.send("PATCH", GATE + "/rules/all", {"passPercentage": 25}).json["data"]
same(changed["rules"][0]["id"], "all:25.00:1", "the id")
same(answers(companies, CONTEXTS, changed["lastModifiedTime"]), [place(name, "salt") < 2500 for name in TENANTS],
     "5 to 25 %")
put.time = changed["lastModifiedTime"] + 1
# A rule that is sent without its id is a new one, and is of other people.
fresh = trial.send("PATCH", GATE, {"rules": [{"name": "all", "passPercentage": 25,
                                              "conditions": [EVERYONE]}]}).json["data"]
moved = answers(companies, CONTEXTS, fresh["lastModifiedTime"])
same(moved == [place(name, "salt") < 2500 for name in TENANTS], False, "the list replaced without ids")
put.time = fresh["lastModifiedTime"] + 1

# All who lack the unit are one: the empty id.
for share in (5, 100):
    empty = place("", "salt") < share * 100
    same(answers(companies, [{"plan": "paid"}], put("companyID", rule("all", share))), [empty], "no companyID")
    same(answers(users, [{"plan": "paid"}], put("userID", rule("all", share))), [empty], "no userID")

# Environments: only who says which one it is finds the rules of that one.
until = put("companyID", rule("all", 100, environments=["production"]))
same(answers(companies, CONTEXTS[:1], until), [True], "in production")
until = put("userID", rule("all", 100, environments=["production"]))
same(answers(users, CONTEXTS[:1], until), [False], "an application that names no environment")
until = put("userID", rule("all", 100, environments=["production"]), default_environment="production")
same(answers(users, CONTEXTS[:1], until), [True], "and has a default one")

# Segments, a file, and a gate that is not there.
staff = {"idType": "userID", "rules": [{"conditions": [field("any", ["paid"])]}]}
for kind, wanted in (("passes_segment", [False, True]), ("fails_segment", [True, False])):
    until = put("companyID", rule("all", 100, {"type": kind, "targetValue": "staff"}), segments={"staff": staff})
    same(answers(companies, CONTEXTS[:2], until), wanted, kind)
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "specs.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(trial.control("GET", "/sdk"), file)
    filed = Asked("statsig_reader.py", path, "--unit", "tenant", "--as", "companyID")
    same(answers(filed, CONTEXTS[:2], until), [True, False], "from a file")
    same(filed.ask(flag="other")["variants"], ["default: Unrecognized"] * 2, "no such gate")
    filed.end()

# Dynamic configurations: who passes a rule gets what it returns, everybody else the default; by the SDK upon the core too.
core = Asked("statsig_core_reader.py", address, "--unit", "tenant", "--as", "companyID", "--tier", "production")
NEW, OLD = {"model": "m-5"}, {"model": "m-4"}


def put_config(*rules, **more):
    trial.control("PUT", "/state", {
        "configs": {"ramp": {"idType": "companyID", "defaultValue": OLD, "rules": list(rules),
                             "lastModifiedTime": put.time, **more}},
        "salts": {"config ramp": "pepper", "all": "salt"}})
    put.time += 1
    return put.time - 1


def values(reader, until, name="ramp"):
    reader.ask(load=CONTEXTS)
    found = reader.ask(config=name, until=until)
    assert found.get("version") == until, found
    return found["variants"]


for share in (0, 25, 100):
    wanted = [NEW if place(name, "salt") < share * 100 else OLD for name in TENANTS]
    until = put_config(rule("all", share, returnValue=NEW))
    for reader, who in ((companies, "the SDK"), (core, "the core")):
        same(values(reader, until), wanted, f"{share} % of a configuration by {who}")
excluded = {"type": "unit_id", "customID": "companyID", "operator": "any", "targetValue": TENANTS[:3]}
for about, rules, more, wanted in (
        ("the first rule decides", [rule("first", 0, excluded, returnValue=NEW), rule("all", 100, returnValue=NEW)], {},
         [OLD] * 3 + [NEW] * 1997),
        ("another environment's rule", [rule("all", 100, returnValue=NEW, environments=["staging"])], {}, [OLD] * 2000),
        ("disabled", [rule("all", 100, returnValue=NEW)], {"isEnabled": False, "status": "Disabled"}, [OLD] * 2000),
        ("archived", [rule("all", 100, returnValue=NEW)], {"status": "Archived"}, [OLD] * 2000)):
    until = put_config(*rules, **more)
    for reader, who in ((companies, "the SDK"), (core, "the core")):
        same(values(reader, until), wanted, f"{about}: {who}")
same(companies.ask(config="other")["variants"][0], "default: Unrecognized", "no such configuration")
same(core.ask(config="other")["variants"][0].startswith("default: "), True, "no such configuration for the core")
core.end()
users.end()
companies.end()
trial.end()
