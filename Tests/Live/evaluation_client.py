"""What the real OpenFeature client of the remote evaluation protocol makes of a server.

  evaluation_client.py ADDRESS FLAG CONTEXT     CONTEXT is a JSON object; its targetingKey is the targeting key

Prints {"variant", "value", "reason", "error"} of an evaluation as truth value.
"""

import json
import sys

from openfeature import api
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext

address, flag, context = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
api.set_provider_and_wait(OFREPProvider(address))
details = api.get_client().get_boolean_details(flag, False, EvaluationContext(context.pop("targetingKey"), context))
print(
    json.dumps(
        {
            "variant": details.variant,
            "value": details.value,
            "reason": str(details.reason),
            "error": details.error_code and details.error_code.value,
        }
    )
)
