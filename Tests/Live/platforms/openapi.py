"""Request bodies against what a platform publishes about them (openapi/, whose files name their source).

Only what those descriptions use is understood. A member that a description does not know is a fault too: a server that
ignores it does not do what was meant.
"""

import json
import os
import re
from decimal import Decimal

KINDS = {"string": str, "boolean": bool, "array": list, "object": dict, "number": (int, float), "integer": int}


class Shapes:
    def __init__(self, name):
        path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "openapi", f"{name}.json")
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
        self.schemas = document["schemas"]
        self.bodies = []
        for place, schema in document["bodies"].items():
            method, template = place.split(" ")
            self.bodies.append((method, re.compile("^" + re.sub(r"\{\w+\}", "[^/]+", template) + "/?$"), schema))

    def faults(self, method, path, body):
        """A list of (property, what is wrong with it); empty where the body fits, or nothing is published about it."""
        for known, pattern, schema in self.bodies:
            if known == method and pattern.match(path):
                return self.found(body, schema, "")
        return []

    def found(self, value, schema, at):
        if "$ref" in schema:
            schema = self.schemas[schema["$ref"].split("/")[-1]]
        if value is None:
            return [] if schema.get("nullable") or "type" not in schema else [(at, "Expected a value, received null")]
        if "oneOf" in schema or "anyOf" in schema:
            ways = [self.found(value, one, at) for one in schema.get("oneOf", schema.get("anyOf"))]
            return [] if [] in ways else ways[0]
        found = [fault for one in schema.get("allOf", []) for fault in self.found(value, one, at)]
        kind = schema.get("type")
        if kind and (not isinstance(value, KINDS[kind]) or isinstance(value, bool) and kind in ("number", "integer")):
            return found + [(at, f"Expected {kind}")]
        return found + self.bounds(value, schema, at) + self.parts(value, schema, at)

    def bounds(self, value, schema, at):
        found = []
        if "enum" in schema and value not in schema["enum"]:
            found.append((at, f"Invalid enum value, received '{value}'"))
        if isinstance(value, str):
            # As a server that is written in JavaScript counts.
            length = len(value.encode("utf-16-le")) // 2
            if length < schema.get("minLength", 0):
                found.append((at, f"String must contain at least {schema['minLength']} character(s)"))
            if length > schema.get("maxLength", length):
                found.append((at, f"String must contain at most {schema['maxLength']} character(s)"))
            if not re.search(schema.get("pattern", ""), value):
                found.append((at, "Invalid"))
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            if not schema.get("minimum", value) <= value <= schema.get("maximum", value):
                found.append((at, f"Number must be between {schema.get('minimum')} and {schema.get('maximum')}"))
            elif "multipleOf" in schema and Decimal(repr(value)) % Decimal(repr(schema["multipleOf"])):
                found.append((at, f"Number must be a multiple of {schema['multipleOf']}"))
        return found

    def parts(self, value, schema, at):
        if isinstance(value, list):
            return [fault for place, one in enumerate(value)
                    for fault in self.found(one, schema.get("items", {}), f"{at}.{place}".lstrip("."))]
        if not isinstance(value, dict):
            return []
        known, rest = schema.get("properties", {}), schema.get("additionalProperties", not schema.get("properties"))
        found = [(f"{at}.{name}".lstrip("."), "Required") for name in schema.get("required", []) if name not in value]
        for name, one in value.items():
            place = f"{at}.{name}".lstrip(".")
            if name in known:
                found += self.found(one, known[name], place)
            elif rest is False:
                found.append((place, "Unrecognized key"))
            elif isinstance(rest, dict):
                found += self.found(one, rest, place)
        return found
