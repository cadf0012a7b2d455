"""JSON Patch (RFC 6902) as far as flag platforms use it."""

import copy


class PatchFailure(Exception):
    """The patch cannot be applied; `is_test` tells a failed test from a path that leads nowhere."""

    def __init__(self, message, is_test=False):
        super().__init__(message)
        self.is_test = is_test


def steps(path):
    if path == "":
        return []
    if not path.startswith("/"):
        raise PatchFailure(f"invalid path {path}")
    return [step.replace("~1", "/").replace("~0", "~") for step in path[1:].split("/")]


def place(holder, step, adding):
    """The index or name that `step` means in `holder`."""
    if isinstance(holder, dict):
        if not adding and step not in holder:
            raise PatchFailure(f"missing value at {step}")
        return step
    if not isinstance(holder, list):
        raise PatchFailure(f"nothing to step into at {step}")
    if step == "-" and adding:
        return len(holder)
    if not step.isdigit() or int(step) >= len(holder) + (1 if adding else 0):
        raise PatchFailure(f"index {step} is out of bounds")
    return int(step)


def value_at(document, path):
    for step in steps(path):
        document = document[place(document, step, False)]
    return document


def same(one, other):
    """Equality of JSON values: true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


def put(document, path, value, adding):
    *way, last = steps(path)
    holder = value_at(document, path[:path.rindex("/")]) if way else document
    where = place(holder, last, adding)
    if adding and isinstance(holder, list):
        holder.insert(where, value)
    else:
        holder[where] = value


def removed(document, path):
    holder = value_at(document, path[:path.rindex("/")])
    return holder.pop(place(holder, steps(path)[-1], False))


def patched(document, operations):
    document = copy.deepcopy(document)
    for operation in operations:
        kind, path = operation["op"], operation["path"]
        if kind == "test":
            if not same(value_at(document, path), operation.get("value")):
                raise PatchFailure("Test operation failed", is_test=True)
        elif kind in ("add", "replace"):
            put(document, path, copy.deepcopy(operation["value"]), kind == "add")
        elif kind == "remove":
            removed(document, path)
        elif kind in ("copy", "move"):
            source = operation["from"]
            value = removed(document, source) if kind == "move" else copy.deepcopy(value_at(document, source))
            put(document, path, value, True)
        else:
            raise PatchFailure(f"unknown operation {kind}")
    return document
