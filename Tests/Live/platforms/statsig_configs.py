"""Statsig's dynamic configurations: how they are shown, written and switched.

A part of statsig_server.py beside statsig_writing.py, whose rules they share. They have no overrides and are never launched;
their status is Enabled, Disabled or Archived.
"""

import copy
import re
import time

import statsig_rules as rules
from platform_server import Answer, route
from statsig_writing import MISSING, Writing, fail, fresh

CONFIGS = "/console/v1/dynamic_configs/{name}"
WRITABLE = ("name", "description", "tags", "idType", "targetApps", "team", "teamID", "defaultValue", "schema",
            "releasePipelineID", "isTemplate")


class Configs(Writing):
    def filled_config(self, name, config):
        made = int(time.time() * 1000)
        whole = {
            "id": name, "name": name, "description": "", "idType": "userID", "lastModifierID": "1vaQaBoLlkauH9iiuOSBP2",
            "lastModifiedTime": made, "lastModifierName": "CONSOLE API", "lastModifierEmail": None,
            "creatorID": "1vaQaBoLlkauH9iiuOSBP2", "createdTime": made, "creatorName": "CONSOLE API",
            "creatorEmail": None, "targetApps": [], "holdoutIDs": [], "tags": [], "team": None, "teamID": None,
            "isEnabled": True, "status": "Enabled", "rules": [], "defaultValue": {}, "schema": None, "version": 1,
            "reviewSettings": {"requiredReview": False, "allowedReviewers": []}, **config}
        if "status" not in config and not whole["isEnabled"]:
            whole["status"] = "Disabled"
        whole["rules"] = [self.filled_rule(rule) for rule in whole["rules"]]
        return whole

    def config(self, name):
        if name not in self.state["configs"]:
            raise fail(404, MISSING)
        return self.state["configs"][name]

    def saved_config(self, config, name="CONSOLE API", email=None, number="1vaQaBoLlkauH9iiuOSBP2"):
        at = max(int(time.time() * 1000), config["lastModifiedTime"] + 1, self.state["changes"] + 1)
        self.state["changes"] = at
        config.update(version=config["version"] + 1, lastModifiedTime=at, lastModifierName=name,
                      lastModifierEmail=email, lastModifierID=number)
        self.remember_config(config)

    def remember_config(self, config):
        self.state["config_history"].setdefault(config["id"], []).append(copy.deepcopy(config))

    def change_config(self, request, name, edit, message="Dynamic Config updated successfully."):
        """Carries out `edit`, unless the configuration needs a review and the request cares."""
        config = self.config(name)
        held = config["reviewSettings"]["requiredReview"] and self.state.get("review")
        if held and request.headers.get("x-respect-review-settings", "").lower() == "true":
            if self.state["review"] == "refused":
                raise fail(403, "This dynamic config requires review before changes can be made.")
            edit(copy.deepcopy(config))
            config["activeReview"] = {"reviewID": fresh(), "reviewStatus": "in_review",
                                      "description": "Change by the Console API"}
            return Answer(200, {"message": message, "data": config})
        edit(config)
        self.saved_config(config)
        return Answer(200, {"message": message, "data": config})

    def switch_config(self, config, on):
        config.update(isEnabled=on, status="Enabled" if on else "Disabled")

    def write_config(self, config, data):
        config.update({name: copy.deepcopy(data[name]) for name in WRITABLE if name in data})
        if "isEnabled" in data:
            self.switch_config(config, data["isEnabled"])
        if "rules" in data:
            config["rules"] = self.replaced(config, data["rules"])

    def config_errors(self, data):
        found = []
        for at, rule in enumerate(data.get("rules") or []):
            found += rules.rule_errors({"passPercentage": 0, **rule}, f"rules.{at}", True)
        return found

    @route("GET", "/console/v1/dynamic_configs/?")
    def list_configs(self, request):
        return self.paged(request, list(self.state["configs"].values()), "Dynamic configs listed successfully.")

    @route("GET", CONFIGS)
    def read_config(self, request, name):
        return Answer(200, {"message": "Dynamic config read successfully.", "data": self.config(name)})

    @route("GET", CONFIGS + "/versions")
    def list_config_versions(self, request, name):
        return self.paged(request, self.state["config_history"].get(self.config(name)["id"], [])[::-1],
                          "Dynamic config versions listed successfully.")

    @route("POST", "/console/v1/dynamic_configs/?")
    def create_config(self, request):
        data = self.body(request)
        self.check(self.config_errors(data))
        name = data.get("id") or re.sub(r"[^A-Za-z0-9_.:-]", "_", data["name"].lower())
        if name in self.state["configs"]:
            raise fail(400, f"A dynamic config with the name {name} already exists.")
        config = self.filled_config(name, {"name": data["name"]})
        self.write_config(config, data)
        self.state["configs"][name] = config
        self.remember_config(config)
        self.state["changes"] = max(self.state["changes"] + 1, config["lastModifiedTime"])
        return Answer(201, {"message": "Dynamic Config created successfully.", "data": config})

    @route("PATCH", CONFIGS)
    def patch_config(self, request, name):
        data = self.body(request)
        self.config(name)
        self.check(self.config_errors(data))
        return self.change_config(request, name, lambda config: self.write_config(config, data))

    @route("PATCH", CONFIGS + "/rule/{number}")
    def patch_config_rule(self, request, name, number):
        data = self.body(request)
        self.rule(self.config(name), number)
        self.check(rules.rule_errors(data, "rule", False))

        def edit(config):
            at = self.rule(config, number)
            config["rules"][at] = self.changed(config["rules"][at], data)

        return self.change_config(request, name, edit, "Dynamic Config rules updated successfully.")

    @route("DELETE", CONFIGS)
    def delete_config(self, request, name):
        del self.state["configs"][self.config(name)["id"]]
        self.state["changes"] = max(int(time.time() * 1000), self.state["changes"] + 1)
        return Answer(200, {"message": "Dynamic Config deleted successfully."})

    @route("PUT", CONFIGS + "/(?P<action>enable|disable|archive|unarchive)")
    def act_on_config(self, request, name, action):
        def edit(config):
            if action == "archive":
                config.update(status="Archived")
            else:
                self.switch_config(config, config["isEnabled"] if action == "unarchive" else action == "enable")

        return self.change_config(request, name, edit)
