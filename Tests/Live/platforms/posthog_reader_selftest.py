"""Holds the real PostHog SDK against PostHog's formula for who is in, over 2,000 tenants. Needs the SDK installed.

  hash = the first 15 hexadecimal digits of SHA-1(KEY.UNIT), divided by fifteen Fs; in when hash <= percentage / 100
  variants: the same of SHA-1(KEY.UNITvariant), half-open ranges in the order listed
(posthog-python, posthog/feature_flags.py)
"""

from hashlib import sha1

from trial import Asked, Trial

TENANTS = [f"tenant-{at}" for at in range(2000)]
PLANS = ("free", "paid")
CONTEXTS = [{"tenant": name, "plan": PLANS[at % 2], "seats": at} for at, name in enumerate(TENANTS)]

trial = Trial("posthog_server.py", headers={"Authorization": "Bearer planted-platform-token"})
address = f"http://127.0.0.1:{trial.ports['port']}"
people = Asked("posthog_reader.py", address, "--unit", "tenant")
companies = Asked("posthog_reader.py", address, "--unit", "tenant", "--group", "company")
same = trial.same


def place(flag, unit, salt=""):
    return int(sha1(f"{flag}.{unit}{salt}".encode()).hexdigest()[:15], 16) / 0xFFFFFFFFFFFFFFF


def condition(percentage, *properties, **more):
    return {"properties": list(properties), "rollout_percentage": percentage, **more}


def about(kind, key, operator, *values):
    return {"key": key, "type": kind, "operator": operator, "value": list(values),
            **({"group_type_index": 0} if kind == "group" else {})}


def answers(reader, flag, contexts, *groups, group=False, **more):
    """What the SDK says once the flag is so, after a change by hand and so with a new version."""
    filters = {"groups": list(groups), "aggregation_group_type_index": 0 if group else None, **more.pop("filters", {})}
    trial.control("POST", "/edit", {"flag": flag, "change": {"filters": filters, "active": True, **more}})
    version = trial.control("GET", "/state")["flags"][flag]["version"]
    reader.ask(load=contexts)
    found = reader.ask(flag=flag, until=version)
    assert found.get("version") == version, found
    return found["variants"]


def undecided(contexts):
    return ["default: undecided"] * len(contexts)


trial.control("PUT", "/state", {"group_types": {"0": "company"}})
for reader, group, kind in ((people, False, "person"), (companies, True, "group")):
    for percentage in (0, 5, 25, 100, 0.5):
        wanted = [place("ramp", one["tenant"]) <= percentage / 100 for one in CONTEXTS]
        same(answers(reader, "ramp", CONTEXTS, condition(percentage), group=group), wanted, f"{percentage} % of {kind}")
        print(f"{kind} {percentage} %: {sum(wanted)} of {len(wanted)}")
    pilots = TENANTS[:3]
    key = "$group_key" if group else "distinct_id"
    wanted = [place("ramp", one["tenant"]) <= 0.05 or one["tenant"] in pilots for one in CONTEXTS]
    same(answers(reader, "ramp", CONTEXTS, condition(100, about(kind, key, "exact", *pilots)), condition(5),
                 group=group),
         wanted, f"pilots and 5 % of {kind}")
    wanted = [place("ramp", one["tenant"]) <= 0.25 and one["plan"] == "paid" for one in CONTEXTS]
    same(answers(reader, "ramp", CONTEXTS, condition(25, about(kind, "plan", "exact", "paid")), group=group), wanted,
         f"25 % of the paying {kind}")
    wanted = [place("ramp", one["tenant"]) <= 0.25 and one["tenant"] not in pilots for one in CONTEXTS]
    same(answers(reader, "ramp", CONTEXTS, condition(25, about(kind, key, "is_not", *pilots)), group=group), wanted,
         f"25 % of {kind} but for three")

    # An attribute that is missing decides nothing, whichever way the condition asks for it.
    bare = [{"tenant": name} for name in TENANTS[:200]]
    for operator in ("exact", "is_not", "is_set", "is_not_set", "not_icontains"):
        same(answers(reader, "ramp", bare, condition(100, about(kind, "plan", operator, "paid")), group=group),
             undecided(bare), f"{operator} of an attribute that the {kind} lacks")
    same(answers(reader, "ramp", bare, condition(100, about(kind, "plan", "exact", "paid")), condition(100),
                 group=group),
         [True] * 200, "a later condition may still let in")

    # Numbers and text are the same, and so are capitals.
    few = [{"tenant": "a", "seats": 5}, {"tenant": "a", "seats": "5"}, {"tenant": "a", "seats": 5.0}]
    same(answers(reader, "ramp", few, condition(100, about(kind, "seats", "exact", "5")), group=group),
         [True, True, False],
         "5, text 5 and 5.0")
    few = [{"tenant": "a", "plan": "PAID"}, {"tenant": "a", "plan": None}]
    same(answers(reader, "ramp", few, condition(100, about(kind, "plan", "exact", "paid")), group=group), [True, False],
         "capitals and null")
    # A condition for the text "false" is taken for one about truth: everything that is not true matches.
    same(answers(reader, "ramp", few, condition(100, about(kind, "plan", "exact", "false")), group=group), [True, True],
         "the text false")

    split = {"multivariate": {"variants": [{"key": "control", "rollout_percentage": 50},
                                           {"key": "test", "rollout_percentage": 50}]}}
    wanted = [("control" if place("arms", one["tenant"], "variant") < 0.5 else "test")
              if place("arms", one["tenant"]) <= 0.25 else False for one in CONTEXTS]
    same(answers(reader, "arms", CONTEXTS, condition(25), group=group, filters=split), wanted, f"two arms of {kind}")
    wanted = ["test" if at % 2 and place("arms", one["tenant"]) <= 0.25 else False for at, one in enumerate(CONTEXTS)]
    same(answers(reader, "arms", CONTEXTS, condition(25, about(kind, "plan", "exact", "paid"), variant="test"),
                 group=group, filters=split), wanted, "an arm by name")
    same(answers(reader, "ramp", CONTEXTS, condition(100), group=group, active=False), [False] * 2000, "killed")

# Without the unit: no group, no flag, at any percentage. As a person, everybody without it is one and the same person.
for percentage in (5, 100):
    same(answers(companies, "ramp", [{"plan": "paid"}], condition(percentage), group=True), [False], "no company")
    same(answers(people, "ramp", [{"plan": "paid"}], condition(percentage)), [place("ramp", "") <= percentage / 100],
         "an empty distinct id")
same(answers(people, "ramp", CONTEXTS[:9], condition(100), ensure_experience_continuity=True), undecided(CONTEXTS[:9]),
     "a flag that PostHog keeps stable itself")
people.end()
companies.end()
trial.end()
