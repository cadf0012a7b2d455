"""The routes of the scripted Unleash server for features, their environments and their strategies."""

import unleash_rules as rules
from json_patch import PatchFailure, patched
from platform_server import Answer, route
from unleash_state import UnleashState, as_kept, plain

PROJECT = "/api/admin/projects/{project}"
FEATURE = PROJECT + "/features/{name}"
ENVIRONMENT = FEATURE + "/environments/{environment}"
STRATEGIES = ENVIRONMENT + "/strategies"
BULK = PROJECT + "/bulk_features/environments/{environment}"
SWITCH = "UPDATE_FEATURE_ENVIRONMENT"


class UnleashFeatures(UnleashState):
    def overview(self, flag):
        names = ("type", "description", "favorite", "name", "project", "createdAt", "lastSeenAt", "stale",
                 "impressionData", "tags")
        environments = [{
            "name": one["name"], "enabled": one["enabled"], "type": one["type"], "sortOrder": one["sortOrder"],
            "variantCount": 0, "lastSeenAt": None, "hasStrategies": bool(one["strategies"]),
            "hasEnabledStrategies": any(not each["disabled"] for each in one["strategies"])}
            for one in flag["environments"]]
        shown = {name: flag[name] for name in names if name != "tags" or flag["tags"]}
        return {**shown, "environments": environments}

    def shown(self, flag):
        """The whole feature. An environment without strategies is shown as off."""
        result = {name: value for name, value in flag.items() if name != "tags"}
        result["environments"] = [{
            **one, "enabled": one["enabled"] and bool(one["strategies"]), "lastSeenAt": None, "yes": 0, "no": 0,
            "strategies": [as_kept(each) for each in one["strategies"]]}
            for one in sorted(flag["environments"], key=lambda one: one["sortOrder"])]
        return result

    @route("GET", PROJECT + "/features")
    def list_features(self, request, project):
        flags = [one for one in self.state["flags"].values() if one["project"] == project and not one["archived"]]
        wanted = request.queries.get("tag", [])
        for tag in wanted:
            if not tag.partition(":")[2]:
                raise rules.schema_failure(f'"tag[0]" with value "{tag}" fails to match the tag pattern.')
        if wanted:
            flags = [one for one in flags if any(rules.tag_matches(one["tags"], tag) for tag in wanted)]
        prefix = request.query.get("namePrefix", "").lower()
        flags = [self.overview(one) for one in flags if one["name"].lower().startswith(prefix)]
        return Answer(200, {"version": 2, "features": flags})

    @route("GET", "/api/admin/search/features")
    def search_features(self, request):
        flags = [one for one in self.state["flags"].values() if not one["archived"]]
        found, total = rules.searched(flags, request.query, request.queries)
        return Answer(200, {"features": [self.overview(one) for one in found], "total": total})

    @route("POST", PROJECT + "/features")
    def create_feature(self, request, project):
        self.may("CREATE_FEATURE", None)
        given = request.json if isinstance(request.json, dict) else {}
        if "name" not in given:
            raise rules.schema_failure("The `name` property is required. It was not present on the data you sent.")
        rules.check_name(given["name"])
        old = self.state["flags"].get(given["name"])
        if old:
            raise rules.failure("NameExistsError", ("An archived flag" if old["archived"] else "A flag")
                                + " with that name already exists")
        if project not in self.state["projects"]:
            raise rules.not_found(f"Active project with id {project} does not exist")
        for tag in given.get("tags") or []:
            if {"type": tag.get("type"), "value": tag.get("value")} not in self.state["tags"]:
                raise rules.failure("UnknownError", 'insert or update on table "feature_tag" violates foreign key '
                                    'constraint "feature_tag_tag_type_tag_value_fkey"')
        names = ("name", "description", "type", "impressionData", "stale", "tags")
        flag = {"project": project, **{name: given[name] for name in names if name in given}}
        self.state["flags"][given["name"]] = flag
        self.fill(given["name"], flag)
        self.happened("feature-created", flag)
        names = ("name", "description", "type", "project", "stale", "createdAt", "lastSeenAt", "impressionData",
                 "archived")
        return Answer(201, {**{name: flag[name] for name in names}, "archivedAt": None, "createdByUserId": 2})

    @route("GET", FEATURE)
    def get_feature(self, request, project, name):
        flag = self.feature(project, name)
        if flag["archived"]:
            raise rules.not_found(f"Could not find feature flag with name {name}")
        return Answer(200, self.shown(flag))

    @route("PUT", FEATURE)
    def put_feature(self, request, project, name):
        return self.described(project, name, request.json)

    @route("PATCH", FEATURE)
    def patch_feature(self, request, project, name):
        flag = self.feature(project, name)
        return self.described(project, name, self.after_patch(flag, request.json))

    def described(self, project, name, given):
        flag = self.feature(project, name)
        flag.update({key: given[key] for key in ("description", "type", "stale", "impressionData") if key in given})
        self.happened("feature-metadata-updated", flag)
        return Answer(200, {key: value for key, value in flag.items() if key not in ("environments", "tags")})

    @route("DELETE", FEATURE)
    def archive_feature(self, request, project, name):
        flag = self.feature(project, name)
        flag["archived"] = True
        self.happened("feature-archived", flag)
        return Answer(202)

    @route("POST", FEATURE + "/dependencies")
    def depend(self, request, project, name):
        flag, parent = self.feature(project, name), self.state["flags"].get(request.json["feature"])
        if parent is None or parent["archived"]:
            raise rules.failure("InvalidOperationError", f"No active feature {request.json['feature']} exists")
        flag["dependencies"] = [one for one in flag["dependencies"] if one["feature"] != parent["name"]]
        flag["dependencies"].append({"enabled": True, "variants": [], **request.json})
        parent["children"] = sorted({*parent["children"], name})
        self.happened("feature-dependency-added", flag, data=request.json)
        return Answer(200)

    # Environments and strategies.

    @route("GET", ENVIRONMENT)
    def get_environment(self, request, project, name, environment):
        flag = self.feature(project, name)
        one = self.environment(flag, environment, f"Could not find environment {environment} for feature: {name}")
        strategies = [{key: value for key, value in {**plain(each), "featureName": name}.items() if key != "segments"}
                      for each in one["strategies"]]
        return Answer(200, {"name": name, "environment": environment, "enabled": one["enabled"],
                            "strategies": strategies})

    @route("POST", ENVIRONMENT + "/on")
    def turn_on(self, request, project, name, environment):
        self.may(SWITCH, environment)
        activate = request.query.get("shouldActivateDisabledStrategies") == "true"
        self.switch(project, name, environment, True, activate)
        return Answer(200)

    @route("POST", ENVIRONMENT + "/off")
    def turn_off(self, request, project, name, environment):
        self.may(SWITCH, environment)
        self.switch(project, name, environment, False, False)
        return Answer(200)

    @route("POST", BULK + "/on")
    def turn_many_on(self, request, project, environment):
        return self.switch_many(request, project, environment, True)

    @route("POST", BULK + "/off")
    def turn_many_off(self, request, project, environment):
        return self.switch_many(request, project, environment, False)

    def switch_many(self, request, project, environment, on):
        """All or none: it is one transaction there, and a refusal here puts the state back."""
        self.may(SWITCH, environment)
        names = request.json.get("features") if isinstance(request.json, dict) else None
        if not isinstance(names, list):
            raise rules.schema_failure("The `features` property is required. It was not present on the data you sent.")
        for name in names:
            self.switch(project, name, environment, on,
                        request.query.get("shouldActivateDisabledStrategies") == "true")
        return Answer(200)

    @route("GET", STRATEGIES)
    def list_strategies(self, request, project, name, environment):
        message = f"Feature {name} does not have environment {environment}"
        flag = self.state["flags"].get(name, {"environments": []})
        return Answer(200, [plain(one) for one in self.environment(flag, environment, message)["strategies"]])

    @route("POST", STRATEGIES)
    def create_strategy(self, request, project, name, environment):
        self.may("CREATE_FEATURE_STRATEGY", environment)
        given = rules.coerced(request.json)
        if "name" not in given:
            raise rules.schema_failure("The `name` property is required. It was not present on the data you sent.")
        rules.check_schema(given)
        self.may_bypass_changes(environment)
        flag = self.feature(project, name)
        for one in flag["environments"]:
            if one["name"] == environment:
                return Answer(200, plain(self.added(flag, one, given)))
        raise rules.bad_data("You have not added the current environment to the project")

    @route("POST", STRATEGIES + "/set-sort-order")
    def order_strategies(self, request, project, name, environment):
        self.may("UPDATE_FEATURE_STRATEGY", environment)
        self.may_bypass_changes(environment)
        flag = self.feature(project, name)
        holder = self.environment(flag, environment, f"Feature {name} does not have environment {environment}")
        orders = {one["id"]: one["sortOrder"] for one in request.json}
        if not set(orders) <= {one["id"] for one in holder["strategies"]}:
            raise rules.bad_data("trying to change strategies for environment via update sortOrder")
        for one in holder["strategies"]:
            one["sortOrder"] = orders.get(one["id"], one["sortOrder"])
        holder["strategies"].sort(key=lambda one: one["sortOrder"])
        self.happened("strategy-order-changed", flag, environment)
        return Answer(200)

    @route("GET", STRATEGIES + "/{id}")
    def get_strategy(self, request, project, name, environment, id):
        _, _, strategy = self.strategy(id)
        if strategy is None:
            raise rules.not_found(f"Could not find strategy with id: {id}")
        return Answer(200, plain(strategy))

    @route("PUT", STRATEGIES + "/{id}")
    def put_strategy(self, request, project, name, environment, id):
        self.may("UPDATE_FEATURE_STRATEGY", environment)
        return self.updated(id, rules.coerced(request.json), project, name, environment)

    @route("PATCH", STRATEGIES + "/{id}")
    def patch_strategy(self, request, project, name, environment, id):
        self.may("UPDATE_FEATURE_STRATEGY", environment)
        _, _, strategy = self.strategy(id)
        self.check_operations(request.json)
        if strategy is None:
            raise rules.not_found(f"Could not find strategy with id: {id}")
        document = self.after_patch(plain(strategy), request.json)
        unknown = set(document) - set(plain(strategy))
        if unknown:
            raise rules.schema_failure(f"The `root` object of the request body does not allow additional properties. "
                                       f"Your request included the `{min(unknown)}` property.")
        return self.updated(id, document, project, name, environment)

    def check_operations(self, operations):
        allowed = ["add", "remove", "replace", "copy", "move"]
        allowed += ["test"] if self.state["test_op"] == "honoured" else []
        if not isinstance(operations, list):
            raise rules.schema_failure("The `/body` property must be array.")
        for one in operations:
            if one.get("op") not in allowed:
                raise rules.schema_failure(
                    f"The `op` property must be equal to one of the allowed values: {', '.join(allowed)}. You provided "
                    f"\"{one.get('op')}\", which is not valid. Please use one of the allowed values instead..")

    def after_patch(self, document, operations):
        try:
            return patched(document, operations)
        except (PatchFailure, KeyError) as problem:
            # The patch library's errors are none of the server's own, so they come out as its fault.
            raise rules.failure("UnknownError", str(problem)) from None

    @route("DELETE", STRATEGIES + "/{id}")
    def delete_strategy(self, request, project, name, environment, id):
        self.may("DELETE_FEATURE_STRATEGY", environment)
        self.may_bypass_changes(environment)
        flag, holder, strategy = self.strategy(id)
        if strategy is None:
            raise rules.not_found(f"Could not find strategy with id={id}")
        if (flag["project"], flag["name"]) != (project, name):
            raise rules.failure("InvalidOperationError", "You can not change the projectId for an activation strategy.")
        holder["strategies"].remove(strategy)
        self.happened("feature-strategy-remove", flag, environment, before=strategy)
        self.turn_off_without_active(flag, holder)
        return Answer(200)

