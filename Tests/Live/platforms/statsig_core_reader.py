"""The same as statsig_reader.py for the SDKs that stand upon Statsig's core in Rust: here the one for Python.

  statsig_core_reader.py SOURCE --unit tenant [--as companyID] [--tier production] [--key planted-sdk-token]

SOURCE is the URL of a Statsig. The core asks it for its own document (/v2/download_config_specs), anew for each time
that there is a later one.
"""

import json
import sys
import urllib.request

from statsig_python_core import Statsig, StatsigOptions, StatsigUser

import statsig_reader


class Reader(statsig_reader.Reader):
    def take(self):
        address = f"{self.options.source}/v2/download_config_specs/{self.options.key}.json?sinceTime={self.time}"
        with urllib.request.urlopen(address, timeout=20) as answer:
            document = json.load(answer)
        if not document["has_updates"]:
            return
        if self.server:
            self.server.shutdown().wait()
        source = f"{self.options.source}/v2/download_config_specs"
        self.server = Statsig(self.options.key, StatsigOptions(
            specs_url=source, environment=self.options.tier, disable_all_logging=True, specs_sync_interval_ms=3_600_000,
            enable_id_lists=False, disable_country_lookup=True, disable_disk_access=True, output_log_level="none",
            fallback_to_statsig_api=False))
        self.server.initialize().wait()
        self.time = document["time"]

    def user(self, context):
        unit, name = context.get(self.options.unit), self.options.name
        if name:
            return StatsigUser("somebody", custom_ids={} if unit is None else {name: unit}, custom=context)
        return StatsigUser(unit, custom=context) if unit else StatsigUser(custom_ids={"none": ""}, custom=context)

    def verdict(self, flag, context):
        gate = self.server.get_feature_gate(self.user(context), flag)
        return self.known(gate, gate.details.reason)

    def value(self, name, context):
        config = self.server.get_dynamic_config(self.user(context), name)
        return self.known(config, config.details.reason)

    def known(self, found, reason):
        known = "Recognized" in reason and "Un" not in reason
        return (found.value if known else f"default: {reason}"), found.rule_id


if __name__ == "__main__":
    statsig_reader.run(Reader)
