"""What Unleash checks in strategies, in its own words: errors, schemas, limits, variants' weights.

Written from the published sources of the server (v8): src/lib/error, src/lib/schema/feature-schema.ts,
src/lib/openapi/spec and feature-toggle-service.ts.
"""

import json
import re
import uuid
from urllib.parse import quote

from platform_server import Answer

STATUS = {
    "AuthenticationRequired": 401, "UnauthorizedError": 401, "PermissionError": 403, "InvalidOperationError": 403,
    "ForbiddenError": 403, "NotFoundError": 404, "NameExistsError": 409, "ConflictError": 409, "BadDataError": 400,
    "ArchivedFeatureError": 400,
    "ExceedsLimitError": 400, "ContentTypeError": 415, "UnknownError": 500,
}
LIST_OPERATORS = ["NOT_IN", "IN", "STR_ENDS_WITH", "STR_STARTS_WITH", "STR_CONTAINS"]
VALUE_OPERATORS = ["NUM_EQ", "NUM_GT", "NUM_GTE", "NUM_LT", "NUM_LTE", "DATE_AFTER", "DATE_BEFORE",
                   "SEMVER_EQ", "SEMVER_GT", "SEMVER_LT"]
STRATEGY_TYPES = ["default", "flexibleRollout", "userWithId", "remoteAddress", "applicationHostname",
                  "gradualRolloutUserId", "gradualRolloutSessionId", "gradualRolloutRandom"]
PAYLOADS = ["json", "csv", "string", "number"]
LIMITS = {"constraintValues": 250, "constraints": 30, "featureEnvironmentStrategies": 30, "strategySegments": 5,
          "segmentValues": 1000}
SCHEMA = ("Request validation failed: your request body or params contain invalid data. Refer to the `details` list for "
          "more information.")


def failure(name, message, details=None, **more):
    """An error as Unleash spells it. The id is what its support asks for."""
    body = {"id": str(uuid.uuid4()), "name": name, "message": message, "details": details or [{"message": message}]}
    return Answer(STATUS[name], {**body, **more})


def bad_data(message):
    return failure("BadDataError", "Request validation failed: your request body or params contain invalid data: "
                   f"{message}", [{"message": message}])


def schema_failure(*messages):
    return failure("BadDataError", SCHEMA, [{"message": message} for message in messages])


def lacks_permission(permission, environment=None):
    where = f' in the "{environment}" environment.' if environment else "."
    return failure("PermissionError", "You don't have the required permissions to perform this operation. To perform "
                   f'this action, you need the "{permission}" permission{where}', permissions=[permission])


def not_found(message):
    return failure("NotFoundError", message)


def exceeds(resource, limit):
    return failure("ExceedsLimitError",
                   f"Failed to create {resource}. You can't create more than the established limit of {limit}.")


def coerced(strategy):
    """POST and PUT pass through a schema that turns numbers into the strings that it wants; PATCH does not."""
    text = (lambda value: ("true" if value else "false") if isinstance(value, bool)
            else str(value) if isinstance(value, (int, float)) else value)
    result = dict(strategy)
    if isinstance(result.get("parameters"), dict):
        result["parameters"] = {name: text(value) for name, value in result["parameters"].items()}
    if isinstance(result.get("constraints"), list):
        result["constraints"] = [
            {**one, "values": [text(value) for value in one["values"]]}
            if isinstance(one, dict) and isinstance(one.get("values"), list) else one
            for one in result["constraints"]]
    return result


def check_schema(strategy):
    """The OpenAPI schema of a strategy."""
    kinds = {"name": str, "parameters": dict, "constraints": list, "segments": list, "variants": list,
             "sortOrder": (int, float), "title": (str, type(None)), "disabled": (bool, type(None))}
    for name, kind in kinds.items():
        if name in strategy and not isinstance(strategy[name], kind):
            shown = kind.__name__ if isinstance(kind, type) else kind[0].__name__
            raise schema_failure(f"The `/{name}` property must be {shown}. You sent {strategy[name]!r}.")
    for name, value in strategy.get("parameters", {}).items():
        if not isinstance(value, str):
            raise schema_failure(f"The `/parameters/{name}` property must be string. You sent {value}.")
    for at, one in enumerate(strategy.get("constraints", [])):
        for needed in ("contextName", "operator"):
            if needed not in one:
                raise schema_failure(f"The `/constraints/{at}/{needed}` property is required. It was not present on "
                                     "the data you sent.")
        if one["operator"] not in LIST_OPERATORS + VALUE_OPERATORS:
            raise schema_failure("The `operator` property must be equal to one of the allowed values: "
                                 f"{', '.join(LIST_OPERATORS + VALUE_OPERATORS)}. You provided \"{one['operator']}\", "
                                 "which is not valid. Please use one of the allowed values instead..")
        for value in one.get("values", []):
            if not isinstance(value, str):
                raise schema_failure(f"The `/constraints/{at}/values` property must be string. You sent {value}.")
    for at, one in enumerate(strategy.get("variants", [])):
        for needed in ("name", "weight", "weightType", "stickiness"):
            if needed not in one:
                raise schema_failure(f"The `/body/variants/{at}/{needed}` property is required. It was not present on the "
                                     "data you sent.")
        if not 0 <= one["weight"] <= 1000:
            raise schema_failure(f"The `/body/variants/{at}/weight` property must be <= 1000. You sent {one['weight']}.")
        payload = one.get("payload")
        if payload is not None and "value" not in payload:
            raise schema_failure(f"The `/body/variants/{at}/payload/value` property is required. It was not present on "
                                 "the data you sent.")
        if payload is not None and payload.get("type") not in PAYLOADS:
            raise schema_failure("The `type` property must be equal to one of the allowed values: "
                                 + ", ".join(f'"{kind}"' for kind in PAYLOADS)
                                 + f". You provided \"{payload.get('type')}\", which is not valid. Please use one of the "
                                 "allowed values instead..")


def checked_constraints(constraints, existing, context_fields, limits):
    """The constraints with what the server fills in."""
    if len(constraints) > limits["constraints"] and len(constraints) > len(existing):
        raise exceeds("constraints", limits["constraints"])
    for at, one in enumerate(constraints):
        before = len(existing[at].get("values", [])) if len(existing) == len(constraints) else 0
        if len(one.get("values", [])) > max(limits["constraintValues"], before):
            raise exceeds("constraint values", limits["constraintValues"])
    result = []
    for one in constraints:
        unknown = set(one) - {"contextName", "operator", "values", "value", "caseInsensitive", "inverted"}
        if unknown:
            raise schema_failure(f'"{min(unknown)}" is not allowed.')
        for at, value in enumerate(one.get("values", [])):
            if not 1 <= len(value) <= 100:
                wrong = "length must be less than or equal to 100 characters long"
                wrong = wrong if value else "is not allowed to be empty"
                raise schema_failure(f'"values[{at}]" {wrong}. You provided "{value}".')
        if one["operator"] in ("IN", "NOT_IN") and not one.get("values"):
            raise schema_failure('"value" must contain at least 1 items. You provided [].')
        if one["operator"] in VALUE_OPERATORS and not isinstance(one.get("value"), (str, int, float)):
            raise bad_data("Single-value constraint operators require a non-empty value.")
        if one["operator"].startswith("NUM_"):
            try:
                float(one["value"])
            except ValueError:
                raise schema_failure(f'"value" must be a number. You provided "{one["value"]}".') from None
        field = context_fields.get(one["contextName"], {})
        legal = [each["value"] for each in field.get("legalValues", [])]
        given = one.get("values", []) if one["operator"] in LIST_OPERATORS else [one["value"]]
        for value in given:
            if legal and value not in legal:
                # It says so of all that were given, and names none.
                raise bad_data("input values are not specified as a legal value on this context field")
        result.append({"values": [], **one})
    return result


def checked_variants(variants):
    """The variants with weights as the server shares them out: those called variable get what the fixed ones leave,
    in equal parts, whatever weights were sent."""
    names = [one["name"] for one in variants]
    for at, one in enumerate(variants):
        name, payload = one["name"], one.get("payload")
        if not name:
            raise schema_failure(f'"[{at}].name" is not allowed to be empty.')
        if len(name) > 100:
            raise schema_failure(f'"[{at}].name" length must be less than or equal to 100 characters long. You provided '
                                 f'"{name}".')
        if not is_friendly(name):
            raise schema_failure(f'"[{at}].name" must be URL friendly. You provided "{name}".')
        if payload is not None and payload["value"] == "":
            raise schema_failure(f'"[{at}].payload.value" is not allowed to be empty.')
        if payload is not None and payload["type"] == "json" and not is_object(payload["value"]):
            raise schema_failure("'value' must be a valid json string when 'type' is json. You provided "
                                 f'"{payload["value"]}".')
        if name in names[:at]:
            raise schema_failure(f'"[{at}]" contains a duplicate value. You provided '
                                 f"{json.dumps(one, separators=(',', ':'))}.")
    variable = [dict(one) for one in variants if one["weightType"] == "variable"]
    fixed = [dict(one) for one in variants if one["weightType"] == "fix"]
    if variants and not variable:
        raise bad_data('There must be at least one "variable" variant')
    left = 1000 - sum(one["weight"] for one in fixed)
    if left < 0:
        raise bad_data("The traffic distribution total must equal 100%")
    for at, one in enumerate(variable):
        one["weight"] = left // len(variable) + (1 if at < left % len(variable) else 0)
    return sorted(variable + fixed, key=lambda one: one["name"])


def is_friendly(name):
    """What JavaScript's encodeURIComponent leaves alone, and no way to another folder."""
    return quote(name, safe="!'()*~") == name and name not in (".", "..")


def is_object(text):
    """A payload that is JSON is an object or a list there: neither a number, nor a truth value, nor null."""
    try:
        return isinstance(json.loads(text), (dict, list))
    except ValueError:
        return False


def check_name(name):
    if not isinstance(name, str) or not name:
        raise schema_failure('"name" is not allowed to be empty.')
    if len(name) > 100:
        raise schema_failure('"name" length must be less than or equal to 100 characters long. You provided '
                             f'"{name}".')
    if not is_friendly(name):
        raise schema_failure(f'"name" must be URL friendly. You provided "{name}".')


def tag_matches(tags, wanted):
    return any(f"{tag['type']}:{tag['value']}" == wanted for tag in tags)


def searched(flags, query, queries):
    """GET /api/admin/search/features: filters are OPERATOR:value, as in tag=INCLUDE:simple:checkout."""
    found = []
    for flag in flags:
        if query.get("query", "").lower() not in flag["name"].lower():
            continue
        keep = True
        for filter in queries.get("tag", []):
            match = re.fullmatch(r"(INCLUDE|DO_NOT_INCLUDE|INCLUDE_ALL_OF|INCLUDE_ANY_OF|EXCLUDE_IF_ANY_OF|EXCLUDE_ALL)"
                                 r":([^:,]+:.+?(,\s*[^:,]+:.+?)*)", filter)
            if not match:
                raise schema_failure(f'The `/tag/0` property must match pattern. You sent "{filter}".')
            hits = [tag_matches(flag["tags"], one.strip()) for one in match[2].split(",")]
            keep = keep and {"INCLUDE": any(hits), "INCLUDE_ANY_OF": any(hits), "INCLUDE_ALL_OF": all(hits),
                             "DO_NOT_INCLUDE": not any(hits), "EXCLUDE_IF_ANY_OF": not any(hits),
                             "EXCLUDE_ALL": not all(hits)}[match[1]]
        if "project" in query:
            keep = keep and query["project"].split(":", 1)[-1] == flag["project"]
        if keep:
            found.append(flag)
    start = int(query.get("offset", 0))
    return found[start:start + min(int(query.get("limit", 50)), 100)], len(found)
