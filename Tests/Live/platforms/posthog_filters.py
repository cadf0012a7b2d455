"""What PostHog makes of a flag's "filters": how they are checked, what is stored of them, and what the SDK is served.

Pure functions, kept apart from the server so that each can be read against PostHog's own serializers. A refusal is a
Refused with the text and the code that PostHog answers.
"""

import copy
import json
import math

OPERATORS = {
    "exact", "is_not", "icontains", "not_icontains", "icontains_multi", "not_icontains_multi", "regex", "not_regex",
    "gt", "gte", "lt", "lte", "semver_gt", "semver_gte", "semver_lt", "semver_lte", "semver_eq", "semver_neq",
    "semver_tilde", "semver_caret", "semver_wildcard", "is_set", "is_not_set", "is_date_exact", "is_date_after",
    "is_date_before", "in", "not_in", "flag_evaluates_to"}
ALIASES = {"min": "gte", "max": "lte"}
TYPES = ("person", "cohort", "group", "flag")
FILTER_KEYS = {"groups", "multivariate", "payloads", "aggregation_group_type_index", "holdout", "early_exit",
               "feature_enrollment", "bucketing_identifier"}
GROUP_KEYS = {"properties", "rollout_percentage", "variant", "aggregation_group_type_index", "description", "sort_key",
              "exposure_frozen", "exposure_frozen_cohort"}
PROPERTY_KEYS = {"key", "value", "type", "operator", "group_type_index", "negation", "label", "cohort_name",
                 "group_key_names"}
LEGACY_KEYS = ("holdout_groups", "super_groups")
EVERYONE = {"properties": [], "rollout_percentage": 100}


class Refused(Exception):
    def __init__(self, detail, code="invalid_input"):
        super().__init__(detail)
        self.detail = detail
        self.code = code


def check_percentage(value, path, may_be_null=True):
    if value is None and may_be_null:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Refused(f"{path} must be a number{' or null' if may_be_null else ''}, got {type(value).__name__}")
    if not math.isfinite(value):
        raise Refused(f"{path} must be finite, got {value}")
    if value < 0 or value > 100:
        raise Refused(f"{path} must be between 0 and 100, got {value}")
    # A whole percentage stays the integer that the API has always sent.
    return int(value) if float(value).is_integer() else value


def check_list(value, path):
    if not isinstance(value, list):
        raise Refused(f"{path} must be a list, got {type(value).__name__}")
    return value


def known(item, keys):
    """Keys that PostHog declares nothing for do not survive a write."""
    return {name: value for name, value in item.items() if name in keys}


def checked_property(item, path, cohorts):
    item = known(item, PROPERTY_KEYS)
    if isinstance(item.get("key"), bool) or not isinstance(item.get("key"), (str, int, float)):
        raise Refused(f"{path}.key: a property key is required")
    item["key"] = str(item["key"])
    if item.get("type") not in TYPES:
        raise Refused(f"{path}.type: invalid property type")
    operator = ALIASES.get(item.get("operator"), item.get("operator"))
    if operator is not None:
        if operator not in OPERATORS:
            raise Refused(f"{path}.operator: unsupported operator for feature flags")
        item["operator"] = operator
    if item["type"] == "cohort" and str(item.get("value")) not in cohorts:
        raise Refused(f"Cohort with id {item.get('value')} does not exist", "cohort_does_not_exist")
    return item


def checked_group(group, path, cohorts):
    if not isinstance(group, dict):
        raise Refused(f"{path} must be a dictionary, got {type(group).__name__}")
    group = known(group, GROUP_KEYS)
    if group.get("variant") is not None and not isinstance(group["variant"], str):
        raise Refused(f"{path}.variant must be a string or null, got {type(group['variant']).__name__}")
    if "rollout_percentage" in group:
        group["rollout_percentage"] = check_percentage(group["rollout_percentage"], f"{path}.rollout_percentage")
    properties = check_list(group.get("properties") or [], f"{path}.properties")
    group["properties"] = [checked_property(one, f"{path}.properties[{at}]", cohorts)
                           for at, one in enumerate(properties)]
    return group


def checked_variants(filters):
    multivariate = filters.get("multivariate")
    if multivariate is None:
        return []
    variants = check_list(multivariate.get("variants"), "multivariate.variants")
    for at, variant in enumerate(variants):
        path = f"multivariate.variants[{at}]"
        if not isinstance(variant.get("key"), str):
            raise Refused(f"{path}.key must be a string")
        variant["rollout_percentage"] = check_percentage(
            variant.get("rollout_percentage"), f"{path}.rollout_percentage", may_be_null=False)
    total = sum(one["rollout_percentage"] for one in variants)
    if variants and abs(total - 100) > 0.01:
        raise Refused(f"multivariate.variants: Variant rollout percentages must sum to 100, got {total}.")
    return variants


def stored(old, sent, creating, cohorts, replace):
    """The filters that are kept once `sent` was written over `old`, or Refused.

    Top-level keys of `sent` replace those of `old`, whole; everything else of `old` stays. Servers from before that
    rule replaced everything (`replace`). Each release condition gets the flag's aggregation written into it.
    """
    if not isinstance(sent, dict):
        raise Refused(f'Expected a dictionary of items but got type "{type(sent).__name__}".', "not_a_dict")
    if "version" in sent:
        raise Refused("filters.version is reserved. Remove it from the request.", "reserved_config_version")
    if not creating and not sent:
        return copy.deepcopy(old)
    kept = known(copy.deepcopy({**({} if replace else old), **sent}), FILTER_KEYS)
    groups = check_list(kept.get("groups", []), "groups")
    if creating and not groups:
        raise Refused("Feature flags must have at least one condition set (group).")
    kept["groups"] = groups = [checked_group(one, f"groups[{at}]", cohorts) for at, one in enumerate(groups)]
    keys = [one["key"] for one in checked_variants(kept)]
    if len(set(keys)) != len(keys):
        raise Refused("multivariate.variants: Variant keys must be unique.")
    for at, group in enumerate(groups):
        if group.get("variant") and group["variant"] not in keys:
            raise Refused(f"groups[{at}].variant: '{group['variant']}' is not a variant of this flag.")
    payloads = kept.get("payloads")
    if payloads is not None:
        if not isinstance(payloads, dict):
            raise Refused("Payloads must be passed as a dictionary")
        if not keys and set(payloads) - {"true"}:
            # filters_validation.py, a rule that PostHog enforces from some day on.
            raise Refused("payloads: a flag without variants may only have a payload for 'true'.",
                          "payload_key_not_true")
        for key, value in payloads.items():
            try:
                if isinstance(value, str):
                    json.loads(value)
                else:
                    payloads[key] = json.dumps(value)
            except ValueError:
                raise Refused(f"Payload for key '{key}' is not valid JSON.") from None
    for group in groups:
        group.setdefault("aggregation_group_type_index", kept.get("aggregation_group_type_index"))
    kinds = [group["aggregation_group_type_index"] for group in groups]
    if kinds:
        kept["aggregation_group_type_index"] = kinds[0] if all(kind == kinds[0] for kind in kinds) else None
    return kept


def with_rollout(filters, index, percentage):
    groups = copy.deepcopy(filters.get("groups") or [])
    if not groups:
        raise Refused("This flag has no release conditions to change. Add one first.")
    if index >= len(groups):
        raise Refused(f"This flag has no release condition at index {index}. It has {len(groups)}.")
    groups[index]["rollout_percentage"] = percentage
    return {**copy.deepcopy(filters), "groups": groups}


def rolled_out(filters, variant):
    """Everyone gets the flag: a condition without properties goes before the others, which stay."""
    filters = copy.deepcopy(filters)
    variants = (filters.get("multivariate") or {}).get("variants") or []
    keys = [one["key"] for one in variants]
    if filters.get("feature_enrollment"):
        raise Refused("This flag is gated on early access enrollment, which is evaluated before release conditions.")
    if variants and variant is None:
        raise Refused(f"This flag has variants. Name the one to roll out with variant_key: {', '.join(keys)}.")
    if variant is not None and not variants:
        raise Refused("This flag has no variants. Leave out variant_key.")
    if variant is not None and variant not in keys:
        raise Refused(f"This flag has no variant '{variant}'. It has: {', '.join(keys)}.")
    for one in variants:
        one["rollout_percentage"] = 100 if one["key"] == variant else 0
    groups = filters.get("groups") or []
    kind = filters.get("aggregation_group_type_index")
    leads = (groups and not groups[0].get("properties") and groups[0].get("rollout_percentage") == 100
             and not groups[0].get("variant") and groups[0].get("aggregation_group_type_index", kind) == kind)
    filters["groups"] = groups if leads else [dict(EVERYONE), *groups]
    return filters


def dependencies(filters):
    """Ids, as text, of the flags that these filters look at."""
    return [str(item["key"]) for group in filters.get("groups") or [] for item in group.get("properties") or []
            if item.get("type") == "flag"]


def shown(filters, cohorts, group_names):
    """The filters as a reading shows them: with names that were never written, for people to read."""
    filters = copy.deepcopy(filters)
    if filters.get("version") != 2:
        filters.setdefault("groups", [])
    for group in filters.get("groups", []):
        for item in group.get("properties") or []:
            if item.get("type") == "cohort":
                item["cohort_name"] = cohorts.get(str(item.get("value")), {}).get("name")
            if item.get("type") == "group" and item.get("key") == "$group_key" \
                    and group.get("aggregation_group_type_index") is not None:
                values = item["value"] if isinstance(item.get("value"), list) else [item.get("value")]
                item["group_key_names"] = {str(one): group_names.get(str(one), str(one)) for one in values}
    return filters


def chain(key, flags, path=()):
    """The flags to evaluate for this one, itself last; None when they go round in a circle or one is missing."""
    if key in path or key not in flags:
        return None
    order = []
    for needed in dependencies(flags[key]["filters"]):
        before = chain(needed, flags, (*path, key))
        if before is None:
            return None
        order += [one for one in before if one not in order]
    return [*order, key]


def definitions(flags):
    """The flags as SDKs read them: a dependency names its flag by key, and says in which order to evaluate."""
    keys = {str(flag["id"]): flag["key"] for flag in flags}
    served = copy.deepcopy(flags)
    for flag in served:
        for group in flag["filters"].get("groups") or []:
            for item in group.get("properties") or []:
                if item.get("type") == "flag":
                    item["key"] = keys.get(str(item["key"]), str(item["key"]))
    by_key = {flag["key"]: flag for flag in served}
    for flag in served:
        for group in flag["filters"].get("groups") or []:
            for item in group.get("properties") or []:
                if item.get("type") == "flag":
                    item["dependency_chain"] = chain(item["key"], by_key) or []
    return served
