"""How PostHog's flags are written: creating, PATCH, the actions of their own, and approval by somebody else.

The part of posthog_server.py that changes the state.
"""

import copy
import re
import uuid
from datetime import datetime, timedelta, timezone

import posthog_filters as rules
from platform_server import Answer, Platform, route

ROBOT = {"id": 7, "uuid": "0197f0c2-0000-0000-0000-000000000007", "distinct_id": "robot", "first_name": "Release",
         "last_name": "Robot", "email": "robot@example.com", "is_email_verified": True, "hedgehog_config": None,
         "role_at_organization": "engineering"}
PERSON = {**ROBOT, "id": 8, "uuid": "0197f0c2-0000-0000-0000-000000000008", "distinct_id": "person",
          "first_name": "Ada", "last_name": "", "email": "ada@example.com"}
GATED = ("feature_flag.update", "feature_flag.enable", "feature_flag.disable")
WRITABLE = ("key", "name", "filters", "active", "archived", "deleted", "tags", "ensure_experience_continuity",
            "evaluation_runtime", "bucketing_identifier", "is_remote_configuration", "has_encrypted_payloads",
            "evaluation_contexts")
FLAGS = "/api/(?:projects|environments)/{project}/feature_flags"
REQUESTS = "/api/(?:projects|environments)/{project}/change_requests"


def now(later=timedelta()):
    return (datetime.now(timezone.utc) + later).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def refusal(status, kind, code, detail, attr=None, headers=None):
    return Answer(status, {"type": kind, "code": code, "detail": detail, "attr": attr}, headers)


def invalid(detail, attr=None, code="invalid_input"):
    return refusal(400, "validation_error", code, detail, attr)


def not_found(detail="Not found."):
    return refusal(404, "invalid_request", "not_found", detail)


def conflict(detail):
    # A conflict has no kind of its own in PostHog, and so is called a server error, with status 409.
    return refusal(409, "server_error", "conflict", detail)


def named(flags, tail):
    names = [f"{one['key']} (ID: {one['id']})" for one in flags[:5]]
    return ", ".join(names) + (tail.format(len(flags) - 5) if len(flags) > 5 else "")


class Writing(Platform):
    def check_project(self, project):
        if project not in (str(self.state["project"]), "@current"):
            raise not_found("Project not found.")

    def flag(self, project, number):
        self.check_project(project)
        for flag in self.state["flags"].values():
            if str(flag["id"]) == number:
                return flag
        raise not_found()

    def shown(self, flag):
        return {**flag, "filters": rules.shown(flag["filters"], self.state["cohorts"], self.state["group_names"])}

    def dependents(self, flag):
        return sorted((other for other in self.state["flags"].values() if other["active"] and not other["deleted"]
                       and other is not flag and str(flag["id"]) in rules.dependencies(other["filters"])),
                      key=lambda other: other["key"])

    # Checks.

    def checked(self, flag, data):
        """The fields of a request that are written, as they will be stored."""
        if not isinstance(data, dict):
            raise invalid(f"Invalid data. Expected a dictionary, but got {type(data).__name__}.", code="invalid")
        checked = {name: copy.deepcopy(data[name]) for name in WRITABLE if name in data}
        for name in ("active", "archived", "deleted"):
            if name in checked and not isinstance(checked[name], bool):
                raise invalid("Must be a valid boolean.", name)
        if "key" in checked:
            key = checked["key"]
            if (flag is None or key != flag["key"]) and any(
                    other["key"] == key and not other["deleted"] for other in self.state["flags"].values()):
                raise invalid("There is already a feature flag with this key.", "key", "unique")
            if not isinstance(key, str) or not re.match(r"^[a-zA-Z0-9_-]+$", key):
                raise invalid("Only letters, numbers, hyphens (-) & underscores (_) are allowed.", "key", "invalid_key")
        if "filters" in checked:
            try:
                checked["filters"] = rules.stored(flag["filters"] if flag else {}, checked["filters"], flag is None,
                                                  self.state["cohorts"], self.state.get("old_server", False))
                self.check_dependencies(flag, checked["filters"])
            except rules.Refused as refused:
                raise invalid(refused.detail, "filters", refused.code) from None
        if "tags" in checked:
            if not isinstance(checked["tags"], list):
                raise invalid(f'Expected a list of items but got type "{type(checked["tags"]).__name__}".', "tags")
            checked["tags"] = list(dict.fromkeys(str(tag).strip().lower() for tag in checked["tags"]))
        if checked.get("archived", flag and flag["archived"]) and checked.get("active", not flag or flag["active"]):
            raise invalid("Cannot archive an enabled feature flag. Disable it first, or send active: false in the same "
                          "request." if checked.get("archived") else
                          "Cannot enable an archived feature flag. Unarchive it first.")
        return checked

    def check_dependencies(self, flag, filters):
        for number in rules.dependencies(filters):
            if not number.isdigit():
                raise rules.Refused("Flag dependencies must reference flag IDs (integers), not flag keys. Invalid "
                                    f"reference: '{number}'")
            needed = next((one for one in self.state["flags"].values() if str(one["id"]) == number), None)
            if needed is None:
                raise rules.Refused(f"Flag dependency references non-existent flag with ID {number}")
            if not needed["active"]:
                raise rules.Refused(f"Cannot create dependency on disabled flag '{needed['key']}' (ID: {number}). "
                                    "Flag dependencies must reference active flags only.")
            if flag and needed is flag:
                raise rules.Refused(f"Feature flag '{flag['key']}' cannot depend on itself")
            if flag and str(flag["id"]) in rules.dependencies(needed["filters"]):
                circle = " → ".join((flag["key"], needed["key"], flag["key"]))
                raise rules.Refused(f"Circular dependency detected: {circle}")

    def check_neighbours(self, flag, checked):
        if (checked.get("active") is False and flag["active"]) or checked.get("deleted") is True:
            word = "delete" if checked.get("deleted") else "disable"
            if others := self.dependents(flag):
                raise invalid(f"Cannot {word} this feature flag because other flags depend on it: "
                              f"{named(others, ', and {} more')}. Please update or disable the dependent flags first.")
        if checked.get("active") is True and not flag["active"]:
            needed = rules.dependencies(flag["filters"])
            off = [one for one in self.state["flags"].values() if str(one["id"]) in needed and not one["active"]]
            if off:
                raise invalid("Cannot enable this feature flag because it depends on disabled flags: "
                              f"{named(off, ', and {} more')}. Please enable the dependency flags first.")

    def gated(self, flag, checked):
        """The 409 that says: sent for approval, nothing written. Or None."""
        policies = GATED if self.state["approvals"] is True else self.state["approvals"]
        wanted = []
        if "active" in checked and checked["active"] != (flag["active"] if flag else False):
            wanted.append("feature_flag.enable" if checked["active"] else "feature_flag.disable")
        if "filters" in checked and (flag is None or checked["filters"] != flag["filters"]):
            wanted.append("feature_flag.update")
        wanted = [action for action in wanted if action in policies]
        if not wanted:
            return None
        if len(wanted) > 1:
            return Answer(400, {
                "code": "policy_conflict", "error": "This change matches multiple approval policies",
                "conflicting_policies": [{"id": str(uuid.uuid4()), "name": action} for action in wanted],
                "guidance": "Split your changes into separate API calls to address each policy independently"})
        action, number = wanted[0], str(flag["id"]) if flag else None
        pending = next((one for one in self.state["change_requests"] if one["action_key"] == action
                        and one["resource_id"] == number and one["state"] in ("pending", "approved")), None)
        asked = pending or self.change_request(action, number, checked)
        message = "A pending approval request already exists for this action" if pending else "Approval required"
        return Answer(409, {
            "code": "change_request_pending" if pending else "approval_required", "status": "approval_required",
            "detail": message, "message": message, "resource_type": "feature_flag", "resource_id": number,
            "change_request_id": asked["id"], "change_request": asked,
            "required_approvers": {} if pending else {"users": [PERSON["id"]], "roles": [], "quorum": 1}})

    # Change requests.

    def change_request(self, action, number, checked):
        asked = {
            "id": str(uuid.uuid4()), "action_key": action, "action_version": 1, "resource_type": "feature_flag",
            "resource_id": number,
            "intent": {"full_request_data": checked, "http_method": "PATCH" if number else "POST"},
            "intent_display": {"description": action}, "policy_snapshot": {"quorum": 1, "users": [PERSON["id"]]},
            "validation_status": "valid", "validation_errors": None, "validated_at": now(), "state": "pending",
            "created_by": ROBOT, "applied_by": None, "created_at": now(), "updated_at": now(),
            "expires_at": now(timedelta(days=14)), "applied_at": None, "apply_error": "", "result_data": None,
            "approvals": [], "can_approve": False, "can_cancel": True, "is_requester": True, "user_decision": None}
        self.state["change_requests"].append(asked)
        return asked

    def decide(self, asked, outcome):
        """Somebody else approves, and so applies, or rejects."""
        asked.update(state=outcome, updated_at=now(), can_cancel=False)
        if outcome == "applied":
            fields = copy.deepcopy(asked["intent"]["full_request_data"])
            if asked["resource_id"]:
                flag = self.flag(str(self.state["project"]), asked["resource_id"])
                self.put(flag, fields)
            else:
                flag = self.add(fields)
            asked.update(applied_at=now(), applied_by=PERSON, result_data={"resource_version": flag["version"]})

    @route("GET", REQUESTS + "/?")
    def list_requests(self, request, project):
        self.check_project(project)
        asked = request.query
        found = [one for one in self.state["change_requests"] if all(
            str(one[name]) in asked[name].split(",") for name in ("resource_type", "resource_id", "state", "action_key")
            if name in asked)]
        return Answer(200, {"count": len(found), "next": None, "previous": None, "results": found[::-1]})

    @route("GET", REQUESTS + "/{number}/?")
    def read_request(self, request, project, number):
        for asked in self.state["change_requests"]:
            if asked["id"] == number:
                return Answer(200, asked)
        raise not_found()

    # Writing.

    def remember(self, flag):
        past = self.state["history"].setdefault(str(flag["id"]), {})
        past.setdefault(str(flag["version"]), copy.deepcopy(flag))

    def saved(self, flag, who):
        flag.update(version=(flag["version"] or 0) + 1, updated_at=now(), last_modified_by=who)
        self.remember(flag)

    def write(self, flag, checked, asked=None):
        """Writes checked fields, and answers. `asked` is the request's own body, where it may hold a version."""
        if refused := self.gated(flag, checked):
            return refused
        self.check_neighbours(flag, checked)
        version, original = (asked or {}).get("version", -1), (asked or {}).get("original_flag")
        if version not in (-1, flag["version"] or 0) and isinstance(original, dict):
            # Without the original nothing is compared: a stale version alone is written all the same.
            mine = {name: value for name, value in checked.items() if name not in original or value != original[name]}
            if any(name in original and original[name] != flag[name] and value != flag[name]
                   for name, value in mine.items()):
                raise conflict(f"The feature flag was updated by {flag['last_modified_by']['email']} since you started "
                               "editing it. Please refresh and try again.")
            checked = mine
        self.put(flag, checked)
        return Answer(200, self.shown(flag))

    def put(self, flag, fields):
        """Raises the version even where nothing differs, as a PATCH of PostHog's does."""
        self.remember(flag)
        del self.state["flags"][flag["key"]]
        flag.update(fields)
        self.state["flags"][flag["key"]] = flag
        self.saved(flag, ROBOT)

    def add(self, fields):
        flag = {**self.filled(fields["key"], {"created_by": ROBOT, "last_modified_by": ROBOT}), **fields}
        # A deleted flag with this key makes room.
        self.state["flags"][flag["key"]] = flag
        self.remember(flag)
        return flag

    @route("POST", FLAGS + "/?")
    def create_flag(self, request, project):
        self.check_project(project)
        data = request.json if request.json is not None else {}
        if isinstance(data, dict) and "key" not in data:
            raise invalid("This field is required.", "key", "required")
        checked = self.checked(None, data)
        # products/feature_flags/backend/api/feature_flag.py: a project may require either of every new flag.
        if self.state.get("require_tags") and not checked.get("tags"):
            raise invalid("Add at least one tag.", "tags")
        if self.state.get("require_contexts") and not checked.get("evaluation_contexts"):
            raise invalid("At least one evaluation context is required.", "evaluation_contexts")
        if refused := self.gated(None, {"active": True, **checked}):
            return refused
        return Answer(201, self.shown(self.add(checked)))

    @route("PATCH", FLAGS + "/{number}/?")
    def patch_flag(self, request, project, number):
        flag = self.flag(project, number)
        data = request.json if request.json is not None else {}
        if flag["filters"].get("version") == 2:
            return self.write_of_rules(flag, data)
        return self.write(flag, self.checked(flag, data), data)

    def write_of_rules(self, flag, data):
        """The second kind of configuration: of what is written elsewhere, only the switch is taken, with the version."""
        if "version" not in data:
            raise invalid("This field is required.", "version", "required")
        if data["version"] != flag["version"]:
            raise conflict(f"This feature flag changed since version {data['version']}. Read it again and retry with "
                           f"its current version, {flag['version']}. Nothing was written.")
        if set(data) - {"version", "active"} or data.get("active") is not False:
            raise invalid("This configuration version cannot be written.", code="unsupported_config_version")
        self.put(flag, {"active": False})
        return Answer(200, self.shown(flag))

    @route("POST", FLAGS + "/{number}/(?P<action>enable|disable|archive|unarchive)/?")
    def act(self, request, project, number, action):
        """Changes the flag's state and nothing else, whatever the body says; writes nothing where it is so already."""
        flag = self.acted_upon(project, number, {"enable": "enabling it", "disable": "disabling it",
                                                 "archive": "archiving it", "unarchive": "unarchiving it"}[action])
        change = {"enable": {"active": True}, "disable": {"active": False}, "unarchive": {"archived": False},
                  "archive": {"archived": True, **({"active": False} if flag["active"] else {})}}[action]
        if flag["filters"].get("version") == 2:
            raise (invalid("This field is required.", "version", "required") if action == "disable" else
                   invalid("This configuration version cannot be written.", code="unsupported_config_version"))
        if all(flag[name] == value for name, value in change.items()):
            return Answer(200, self.shown(flag))
        return self.write(flag, self.checked(flag, change))

    def acted_upon(self, project, number, doing):
        if self.state.get("old_server"):
            raise not_found("Endpoint not found.")
        flag = self.flag(project, number)
        if flag["deleted"]:
            raise Answer(400, {"success": False,
                               "error": f"This feature flag has been deleted. Restore it before {doing}."})
        return flag

    def roll(self, request, flag, change):
        data = request.json if isinstance(request.json, dict) else {}
        if "version" not in data:
            raise invalid("This field is required.", "version", "required")
        if data["version"] is not None and (isinstance(data["version"], bool) or not isinstance(data["version"], int)):
            raise invalid("A valid integer is required.", "version")
        if data["version"] != flag["version"]:
            raise conflict(f"This feature flag changed since version {data['version']}. Read it again and retry with "
                           f"its current version, {flag['version']}. Nothing was written.")
        try:
            filters = change(flag["filters"])
        except rules.Refused as refused:
            raise invalid(refused.detail) from None
        if filters == flag["filters"]:
            return Answer(200, self.shown(flag))
        # Unlike a PATCH, this sends back what is stored, and keeps keys of which later versions know nothing.
        old = {name: value for name, value in filters.items() if name in rules.LEGACY_KEYS}
        kept = rules.stored(filters, filters, False, self.state["cohorts"], True)
        return self.write(flag, {"filters": {**kept, **old}})

    @route("POST", FLAGS + "/{number}/set_release_condition_rollout/?")
    def set_rollout(self, request, project, number):
        flag = self.acted_upon(project, number, "changing its rollout")
        data = request.json if isinstance(request.json, dict) else {}
        for name, most in (("condition_index", None), ("rollout_percentage", 100)):
            value = data.get(name)
            if value is None:
                raise invalid("This field is required.", name, "required")
            if isinstance(value, bool) or not isinstance(value, (int, float) if most else int):
                raise invalid("A valid number is required." if most else "A valid integer is required.", name)
            if value < 0:
                raise invalid("Ensure this value is greater than or equal to 0.", name, "min_value")
            if most and value > most:
                raise invalid(f"Ensure this value is less than or equal to {most}.", name, "max_value")
        return self.roll(request, flag, lambda filters: rules.with_rollout(
            filters, data["condition_index"], data["rollout_percentage"]))

    @route("POST", FLAGS + "/{number}/roll_out_to_everyone/?")
    def roll_out(self, request, project, number):
        flag = self.acted_upon(project, number, "rolling it out")
        data = request.json if isinstance(request.json, dict) else {}
        return self.roll(request, flag, lambda filters: rules.rolled_out(filters, data.get("variant_key")))
