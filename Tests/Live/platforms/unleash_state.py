"""What the scripted Unleash server keeps, and what its writes do to it; see unleash_server.py for its routes."""

import copy
import datetime
import uuid

import unleash_rules as rules
from platform_server import Answer, Platform

DEFAULT_PROJECT = {"environments": ["development", "production"], "defaultStrategies": {}}


def now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def plain(strategy):
    """A strategy as its own routes show it."""
    names = ("id", "name", "title", "disabled", "constraints", "parameters", "variants", "sortOrder", "segments")
    # Only a strategy of a release plan, which Enterprise has, names its milestone.
    return {name: strategy[name] for name in names + (("milestoneId",) if "milestoneId" in strategy else ())}


def as_stored(value):
    """As PostgreSQL's jsonb gives it back: shorter names first, then by the alphabet."""
    if isinstance(value, list):
        return [as_stored(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {name: as_stored(value[name]) for name in sorted(value, key=lambda name: (len(name), name))}


def as_kept(strategy):
    """A strategy as a whole feature shows it."""
    shown = plain(strategy)
    names = ("name", "constraints", "variants", "parameters", "segments", "sortOrder", "id", "title", "disabled")
    return {**{name: as_stored(shown[name]) for name in names},
            **{name: value for name, value in shown.items() if name not in names}}


class UnleashState(Platform):
    def replace(self, state):
        self.state = {"flags": {}, "projects": {}, "segments": [], "context": [], "change_requests": [],
                      "skip_change_request": False, "enterprise": False, "missing_permissions": [],
                      "test_op": "honoured", "tag_types": ["simple"], "maintenance": False, "tags": [],
                      "sdk_environment": "production", "events": [], "requests": [], "revision": 1,
                      "permissions": [{"permission": "ADMIN"}], "tokens": [], "admin_token": False, **state}
        self.state["limits"] = {**rules.LIMITS, **state.get("limits", {})}
        self.state["projects"].setdefault("default", copy.deepcopy(DEFAULT_PROJECT))
        for name, flag in self.state["flags"].items():
            self.fill(name, flag)
            self.state["tags"] += [one for one in flag["tags"] if one not in self.state["tags"]]

    def touch(self, flag):
        self.state["revision"] += 1
        for name, one in self.state["flags"].items():
            self.fill(name, one)

    def fill(self, name, flag):
        """Puts in what a feature always has."""
        for key, value in {"name": name, "project": "default", "type": "release", "description": None, "stale": False,
                           "impressionData": False, "archived": False, "favorite": False, "createdAt": now(),
                           "lastSeenAt": None, "variants": [], "tags": [], "environments": [],
                           "dependencies": [], "children": []}.items():
            flag.setdefault(key, value)
        for at, name in enumerate(self.state["projects"][flag["project"]]["environments"]):
            if not any(one["name"] == name for one in flag["environments"]):
                flag["environments"].append({"name": name, "sortOrder": at + 1})
        for one in flag["environments"]:
            one.setdefault("enabled", False)
            one.setdefault("type", one["name"])
            one.setdefault("sortOrder", 9)
            for at, strategy in enumerate(one.setdefault("strategies", [])):
                for key, value in {"id": str(uuid.uuid4()), "title": None, "disabled": False, "constraints": [],
                                   "parameters": {}, "variants": [], "sortOrder": at, "segments": []}.items():
                    strategy.setdefault(key, value)

    def authorized(self, request):
        return request.headers.get("authorization", "").removeprefix("Bearer ") == (
            self.sdk_token if self.is_public(request) else self.token)

    def is_public(self, request):
        return request.path.startswith("/api/client/")

    def before(self, request):
        if not self.authorized(request):
            raise self.unauthorized(request)
        if len(request.raw) > 100 * 1024:
            raise Answer(413, {"message": "request entity too large"})
        takes_any = request.path.endswith(("/on", "/off")) and "bulk" not in request.path
        sent = request.headers.get("content-type", "").split(";")[0].strip().lower()
        if request.method in ("POST", "PUT", "PATCH") and not takes_any and sent != "application/json":
            raise rules.failure("ContentTypeError", f"We do not accept the content-type you provided ({sent}). Try "
                                "using one of the content-types we do accept instead (application/json) and make sure "
                                "the body is in the corresponding format.")

        ends_it = request.path == "/api/admin/maintenance"
        if self.state["maintenance"] and request.method not in ("GET", "HEAD") and not (
                ends_it or self.is_public(request)):
            raise Answer(503, {"message": "Unleash is currently in maintenance mode."})

    def unauthorized(self, request):
        if "authorization" in request.headers:
            return rules.failure("UnauthorizedError", "You must log in to use Unleash.")
        path = "/auth/simple/login"
        return rules.failure("AuthenticationRequired", "You must log in to use Unleash. Your request had no "
                             f"authorization header, so we could not authorize you. Try logging in at {path}",
                             type="password", path=path)

    def unknown(self, request):
        return rules.not_found(f"The path you were looking for ({request.path}) is not available.")

    def unreadable(self, request):
        return rules.bad_data("Unexpected token in JSON")

    # Looking things up, with the server's complaints.

    def feature(self, project, name):
        flag = self.state["flags"].get(name)
        if flag is None or flag["project"] != project:
            elsewhere = f', but there\'s a feature with that name in project "{flag["project"]}"' if flag else "."
            raise rules.not_found(f'There\'s no feature named "{name}" in project "{project}"{elsewhere}')
        return flag

    def environment(self, flag, environment, message):
        for one in flag["environments"]:
            if one["name"] == environment:
                return one
        raise rules.not_found(message)

    def strategy(self, id):
        for flag in self.state["flags"].values():
            for environment in flag["environments"]:
                for one in environment["strategies"]:
                    if one["id"] == id:
                        return flag, environment, one
        return None, None, None

    def may(self, permission, environment):
        if permission in self.state["missing_permissions"]:
            raise rules.lacks_permission(permission, environment)

    def may_bypass_changes(self, environment):
        if environment in self.state["change_requests"] and not self.state["skip_change_request"]:
            raise rules.lacks_permission("SKIP_CHANGE_REQUEST")

    def happened(self, kind, flag, environment=None, data=None, before=None):
        self.state["revision"] += 1
        self.state["events"].insert(0, {
            "id": self.state["revision"], "type": kind, "createdBy": "rollout", "createdByUserId": 2,
            "createdAt": now(), "project": flag["project"], "featureName": flag["name"], "environment": environment,
            "data": copy.deepcopy(data), "preData": copy.deepcopy(before)})

    # What the writes have in common.

    def checked(self, given, project, existing):
        """The fields of a strategy that were given, as the server would keep them."""
        rules.check_schema(given)
        if "name" in given and given["name"] not in rules.STRATEGY_TYPES:
            raise rules.bad_data(f"Could not find strategy type with name {given['name']}")
        known = {one["id"]: one for one in self.state["segments"]}
        for id in given.get("segments", []):
            if id not in known:
                raise rules.not_found(f"Could find segment with id {id}")
            if known[id].get("project") not in (None, project):
                raise rules.bad_data(f'The segment "{known[id]["name"]}" with id {id} does not belong to project '
                                     f'"{project}".')
        if len(given.get("segments", [])) > self.state["limits"]["strategySegments"]:
            raise rules.bad_data("Strategies may not have more than "
                                 f"{self.state['limits']['strategySegments']} segments")
        fields = {one["name"]: one for one in self.state["context"]}
        result = dict(given)
        result["constraints"] = rules.checked_constraints(given.get("constraints") or [], existing, fields,
                                                          self.state["limits"])
        result["variants"] = rules.checked_variants(given.get("variants") or [])
        return result

    def added(self, flag, environment, given):
        if len(environment["strategies"]) >= self.state["limits"]["featureEnvironmentStrategies"]:
            raise rules.exceeds("strategy", self.state["limits"]["featureEnvironmentStrategies"])
        given = self.checked(given, flag["project"], [])
        parameters = dict(given.get("parameters") or {})
        if parameters.get("stickiness") == "":
            parameters["stickiness"] = "default"
        if given["name"] == "flexibleRollout":
            parameters = {"rollout": "100", "stickiness": "default", "groupId": flag["name"], **parameters}
        last = max((one["sortOrder"] for one in environment["strategies"]), default=-1)
        strategy = {"id": str(uuid.uuid4()), "name": given["name"], "title": given.get("title"),
                    "disabled": given.get("disabled") or False, "constraints": given["constraints"],
                    "parameters": parameters, "variants": given["variants"],
                    "sortOrder": given.get("sortOrder", last + 1), "segments": list(given.get("segments", []))}
        environment["strategies"].append(strategy)
        environment["strategies"].sort(key=lambda one: one["sortOrder"])
        self.happened("feature-strategy-add", flag, environment["name"], strategy)
        return strategy

    def updated(self, id, given, project, name, environment):
        self.may_bypass_changes(environment)
        flag, holder, strategy = self.strategy(id)
        if strategy is None:
            raise rules.not_found(f"Could not find strategy with id={id}")
        for wrong, what in ((flag["project"] != project, "projectId"), (flag["name"] != name, "featureName")):
            if wrong:
                raise rules.failure("InvalidOperationError",
                                    f"You can not change the {what} for an activation strategy.")
        given = self.checked(given, project, strategy["constraints"])
        before = copy.deepcopy(strategy)
        for key in ("name", "parameters", "title", "disabled"):
            if given.get(key) is not None:
                strategy[key] = given[key]
        # These two are written whether they were given or not; segments only when given.
        strategy["constraints"], strategy["variants"] = given["constraints"], given["variants"]
        if "segments" in given:
            strategy["segments"] = list(given["segments"])
        self.happened("feature-strategy-update", flag, holder["name"], strategy, before)
        self.turn_off_without_active(flag, holder)
        return Answer(200, plain(strategy))

    def turn_off_without_active(self, flag, environment):
        if environment["enabled"] and all(one["disabled"] for one in environment["strategies"]):
            environment["enabled"] = False
            self.happened("feature-environment-disabled", flag, environment["name"])

    def switch(self, project, name, environment, on, activate):
        self.may_bypass_changes(environment)
        flag = self.feature(project, name)
        message = f"Could not find environment {environment} for feature: {name}"
        holder = self.environment(flag, environment, message)
        if flag["archived"]:
            raise rules.failure("ArchivedFeatureError", "Cannot perform this operation on archived features")
        if on:
            if not holder["strategies"]:
                self.may("CREATE_FEATURE_STRATEGY", None)
            if activate:
                for one in holder["strategies"]:
                    one["disabled"] = False
            if all(one["disabled"] for one in holder["strategies"]):
                given = self.state["projects"][project].get("defaultStrategies", {}).get(environment) or {
                    "name": "flexibleRollout", "constraints": [], "disabled": False,
                    "parameters": {"rollout": "100", "stickiness": "default"}}
                group = given["parameters"].get("groupId") or name
                self.added(flag, holder, {**given, "parameters": {**given["parameters"], "groupId": group}})
        if holder["enabled"] != on:
            holder["enabled"] = on
            self.happened(f"feature-environment-{'enabled' if on else 'disabled'}", flag, environment)
