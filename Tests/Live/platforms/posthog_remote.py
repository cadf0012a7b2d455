"""What PostHog answers an SDK that asks it instead of deciding locally: POST /flags?v=2.

Written from rust/feature-flags of PostHog/posthog: the distinct id and the group's key are always among the properties,
and a property that nobody passed makes `regex`, `exact` and `icontains` false, and their negations true, unlike in SDKs,
which leave the condition undecided. Only what rolloutctl writes and what its tests set up by hand is understood.
"""

import json
import re
from hashlib import sha1


def place(flag, unit, salt=""):
    return int(sha1(f"{flag}.{unit}{salt}".encode()).hexdigest()[:15], 16) / 0xFFFFFFFFFFFFFFF


def text(value):
    return value if isinstance(value, str) else json.dumps(value)


def matches(item, properties, cohorts):
    if item.get("type") == "cohort":
        group = cohorts.get(str(item["value"]), {}).get("properties", {"type": "AND", "values": []})
        found = [matches(one, properties, cohorts) for one in group["values"]]
        return all(found) if group["type"] == "AND" else any(found)
    operator, wanted = item.get("operator") or "exact", item.get("value")
    is_negated = operator in ("is_not", "not_regex", "not_icontains")
    if item["key"] not in properties or properties[item["key"]] is None:
        return is_negated
    value = text(properties[item["key"]])
    if operator in ("exact", "is_not"):
        found = value.lower() in [text(one).lower() for one in (wanted if isinstance(wanted, list) else [wanted])]
    elif operator in ("regex", "not_regex"):
        found = re.search(wanted, value) is not None
    elif operator in ("icontains", "not_icontains"):
        found = text(wanted).lower() in value.lower()
    else:
        raise ValueError(f"{operator} is not scripted")
    return found != is_negated


def verdict(flag, asked, cohorts, group_types):
    """(enabled, variant): as PostHog decides the flag for whoever asks."""
    if not flag["active"]:
        return False, None
    filters = flag["filters"]
    kind = filters.get("aggregation_group_type_index")
    unit, properties = asked.get("distinct_id", ""), {**(asked.get("person_properties") or {})}
    properties["distinct_id"] = unit
    if kind is not None:
        name = group_types[str(kind)]
        unit = (asked.get("groups") or {}).get(name)
        if unit is None:
            return False, None
        properties = {**((asked.get("group_properties") or {}).get(name) or {}), "$group_key": unit}
    variants = (filters.get("multivariate") or {}).get("variants") or []
    for condition in filters.get("groups") or []:
        if not all(matches(one, properties, cohorts) for one in condition.get("properties") or []):
            continue
        share = condition.get("rollout_percentage")
        if share is not None and place(flag["key"], unit) > share / 100:
            continue
        if condition.get("variant"):
            return True, condition["variant"]
        border, drawn = 0, place(flag["key"], unit, "variant")
        for variant in variants:
            border += variant["rollout_percentage"] / 100
            if drawn < border:
                return True, variant["key"]
        return True, None
    return False, None


def answer(flags, asked, cohorts, group_types):
    found = {}
    for flag in flags:
        wanted = asked.get("flag_keys_to_evaluate")
        if flag["deleted"] or wanted is not None and flag["key"] not in wanted:
            continue
        enabled, variant = verdict(flag, asked, cohorts, group_types)
        payload = (flag["filters"].get("payloads") or {}).get(variant or "true") if enabled else None
        found[flag["key"]] = {
            "key": flag["key"], "enabled": enabled, "variant": variant,
            "reason": {"code": "condition_match" if enabled else "no_condition_match", "condition_index": None,
                       "description": None},
            "metadata": {"id": flag["id"], "version": flag["version"] or 1, "description": None, "payload": payload}}
    return {"flags": found, "errorsWhileComputingFlags": False, "quotaLimited": None,
            "requestId": "0b9c7c6c-7a5e-4d0e-9a64-0a4d6a8a2f11", "evaluatedAt": 0}
