"""AWS asks to slow down: some calls are refused, by chance, as each service does it."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

from moto.cloudformation.exceptions import CloudFormationError
from moto.core.responses import ActionResult, BaseResponse

CODES = {
    "ec2": "RequestLimitExceeded",
    "eks": "ThrottlingException",
    "logs": "ThrottlingException",
    "kms": "ThrottlingException",
    "ssm": "ThrottlingException",
    "service-quotas": "TooManyRequestsException",
}
"""What a service answers (its API reference, "Common Errors"; throttling.html of EC2's); the others: Throttling."""


class Throttled:
    """Refuses a `share` of the calls of one access key; `seed` says which. `refused` and `taken` count by service."""

    def __init__(self, key_id: str, *, share: float, seed: int) -> None:
        self.key_id, self.share = key_id, share
        self.random = random.Random(seed)
        self.refused: Counter[str] = Counter()
        self.taken: Counter[str] = Counter()

    def install(self, monkeypatch: Any) -> Throttled:
        call = BaseResponse.call_action

        def judged(response: Any) -> Any:
            if response.get_access_key() != self.key_id:
                return call(response)
            service = response.boto3_service_name
            if self.random.random() >= self.share:
                self.taken[service] += 1
                return call(response)
            self.refused[service] += 1
            refusal = CloudFormationError(CODES.get(service, "Throttling"), "Rate exceeded")
            status, headers, body = response.serialized(ActionResult(refusal))
            return status, headers | {"status": str(status)}, body

        monkeypatch.setattr(BaseResponse, "call_action", judged)
        return self
