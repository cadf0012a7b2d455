"""What the scripted LaunchDarkly server keeps, and how it refuses; see launchdarkly_server.py for its routes."""

import copy
import hashlib
import time
import uuid

from platform_server import Answer, Platform, route


def failure(status, code, message, **more):
    return Answer(status, {"code": code, "message": message, **more})


def invalid(message):
    return failure(400, "invalid_request", message)


def not_found():
    return failure(404, "not_found", "Invalid resource identifier")


def milliseconds():
    return int(time.time() * 1000)


def salt(*names):
    """The same for the same names, so that a test's tenants stay where they are."""
    return hashlib.md5("/".join(names).encode()).hexdigest()


class LaunchDarklyState(Platform):
    def replace(self, state):
        self.state = {"flags": {}, "project": "default", "environments": ["production", "test"], "approvals": [],
                      "required_comments": False, "pending": [], "denied": [], "releases": {}, "release_guard": False,
                      "testable": ["/_version", "/version", "/environments/{environment}/version"],
                      "test_failure": 422, "remaining": None, "window": 10, "segments": {}, "triggers": [],
                      "approval_requests": [], "audit": [], "sdk_environment": "production",
                      "access": {"role": "writer"}, "scheduled": {}, "workflows": {}, **state}
        self.window_ends = 0
        self.left = self.state["remaining"]
        for key, flag in self.state["flags"].items():
            self.fill(key, flag)

    def touch(self, flag):
        flag["_version"] = flag.get("_version", 0) + 1
        for config in flag.get("environments", {}).values():
            config["version"] = config.get("version", 0) + 1
            config["lastModified"] = milliseconds()
        for key, one in self.state["flags"].items():
            self.fill(key, one)

    def fill(self, key, flag):
        """Puts in what a flag always has."""
        booleans = [{"value": True, "name": "on"}, {"value": False, "name": "off"}]
        for name, value in {"key": key, "name": key, "kind": "boolean", "description": "", "_version": 1,
                            "creationDate": milliseconds(), "variations": booleans, "temporary": True, "tags": [],
                            "archived": False, "deprecated": False, "includeInSnippet": False, "maintainerId": "m1",
                            "customProperties": {}, "environments": {}, "goalIds": [], "experiments": {"items": []},
                            "clientSideAvailability": {"usingMobileKey": False, "usingEnvironmentId": False},
                            "_links": {"self": {"href": f"/api/v2/flags/{self.state['project']}/{key}",
                                                "type": "application/json"}}}.items():
            flag.setdefault(name, copy.deepcopy(value))
        for at, one in enumerate(flag["variations"]):
            one.setdefault("_id", str(uuid.UUID(salt(key, str(at)))))
        flag.setdefault("defaults", {"onVariation": 0, "offVariation": len(flag["variations"]) - 1})
        for name in self.state["environments"]:
            config = flag["environments"].setdefault(name, {})
            for member, value in {
                    "on": False, "archived": False, "salt": salt(name, key), "sel": salt(key, name), "version": 1,
                    "lastModified": milliseconds(), "targets": [], "contextTargets": [], "rules": [],
                    "fallthrough": {"variation": flag["defaults"]["onVariation"]},
                    "offVariation": flag["defaults"]["offVariation"], "prerequisites": [], "trackEvents": False,
                    "trackEventsFallthrough": False, "_environmentName": name.capitalize()}.items():
                config.setdefault(member, copy.deepcopy(value))
            for rule in config["rules"]:
                rule.setdefault("_id", str(uuid.uuid4()))
                for clause in rule.setdefault("clauses", []):
                    clause.setdefault("_id", str(uuid.uuid4()))

    def is_public(self, request):
        return request.path.startswith("/webhook/triggers/")

    def unauthorized(self, request):
        return failure(401, "unauthorized", "Invalid access token")

    def unknown(self, request):
        return not_found()

    def unreadable(self, request):
        return invalid("Invalid request body")

    def before(self, request):
        if self.left is None:
            return
        if time.time() > self.window_ends:
            self.window_ends, self.left = time.time() + self.state["window"], self.state["remaining"]
        if self.left == 0:
            raise failure(429, "rate_limited", "You've exceeded the API rate limit. Try again later.")
        self.left -= 1

    def common_headers(self, request):
        headers = {"X-Request-Id": str(uuid.uuid4())}
        if self.left is not None:
            headers["X-Ratelimit-Global-Remaining"] = str(self.left)
            headers["X-Ratelimit-Reset"] = str(int(self.window_ends * 1000))
        return headers

    def flag(self, project, key):
        if project != self.state["project"] or key not in self.state["flags"]:
            raise not_found()
        return self.state["flags"][key]

    def may(self, doing, project, environment, key):
        """403 names what was attempted and on what."""
        if doing in self.state["denied"]:
            where = f":env/{environment}" if environment else ""
            raise failure(403, "forbidden", "Access to the requested resource was denied", reason={"effect": "deny"},
                          access={"action": doing, "resource": f"proj/{project}{where}:flag/{key}"})

    def document(self):
        """The environment's flags as the SDK's file data source reads them: variations bare, rules by their ids."""
        environment, flags = self.state["sdk_environment"], {}
        for key, flag in self.state["flags"].items():
            config = flag["environments"][environment]
            if flag["archived"] or config["archived"]:
                continue
            bare = {name: config[name] for name in ("version", "on", "salt", "sel", "targets", "contextTargets",
                                                    "offVariation")}
            rules = [{**{name: value for name, value in rule.items() if name != "_id"}, "id": rule["_id"],
                      "clauses": [{name: value for name, value in clause.items() if name != "_id"}
                                  for clause in rule["clauses"]]} for rule in config["rules"]]
            required = [{"key": one["key"], "variation": self.variation(one)} for one in config["prerequisites"]]
            flags[key] = {"key": key, **bare, "variations": [one["value"] for one in flag["variations"]],
                          "fallthrough": config["fallthrough"], "rules": rules, "prerequisites": required,
                          "clientSide": flag["clientSideAvailability"]["usingEnvironmentId"]}
        segments = {key: {"key": key, "version": 1, "included": [], "excluded": [], "rules": [], "salt": salt(key),
                          **one} for key, one in self.state["segments"].items()}
        return {"flags": flags, "segments": segments}

    def variation(self, prerequisite):
        variations = self.state["flags"].get(prerequisite["key"], {"variations": []})["variations"]
        return next((at for at, one in enumerate(variations) if one["_id"] == prerequisite["variationId"]), -1)

    # Who is asking: CallerIdentityRep and Token of the published description. A token shows its last digits only.

    @route("GET", "/api/v2/caller-identity")
    def identify(self, request):
        return Answer(200, {"accountId": "a1", "authKind": "token", "tokenKind": "service", "serviceToken": True,
                            "tokenName": "rollouts", "tokenId": "t1", "memberId": "m1"})

    @route("GET", "/api/v2/tokens/{id}")
    def read_token(self, request, id):
        if self.state["access"] is None:
            raise failure(403, "forbidden", "Access to the requested resource was denied")
        if id != "t1":
            raise not_found()
        return Answer(200, {"_id": id, "ownerId": "a1", "memberId": "m1", "name": "rollouts", "token": "...6789",
                            "serviceToken": True, "creationDate": 1_700_000_000_000, "customRoleIds": [],
                            "inlineRole": [], "defaultApiVersion": 20240415, "_links": {}, **self.state["access"]})
