"""Lets the simulated AWS refuse what published policies do not allow, as IAM does and moto does not.

Only calls of one access key are judged: those of the playbooks, and not those by which a test looks. With a stack go
the requests that CloudFormation makes for its resources; where one is refused, here the call itself is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import botocore.session
from moto.cloudformation import cloudformation_backends
from moto.cloudformation.exceptions import CloudFormationError
from moto.core.responses import ActionResult, BaseResponse
from moto.ec2 import ec2_backends
from moto.eks.models import eks_backends
from moto.elbv2 import elbv2_backends

from tests.unit.aws import actions, stack_requests
from tests.unit.aws.judge import Request, allows
from tests.unit.aws.stack_requests import ACCOUNT, REGION

KEY_ID = "AKIALANDFALLLIMITED0"
"""The access key whose calls are judged."""
EC2 = {
    "VolumeId": "volume",
    "SnapshotId": "snapshot",
    "NetworkInterfaceId": "network-interface",
    "GroupId": "security-group",
    "AllocationId": "elastic-ip",
}
"""The parameter that names what a call of ours changes in EC2, and its kind."""
HANDLERS = {"CreateStack": ("create", "read"), "UpdateStack": ("create", "read", "update"), "DeleteStack": ("delete",)}


class Enforced:
    """What was asked, and what was refused; `of_roles` are the policies of CloudFormation's roles, by ARN.

    In the partition of another `region`, the policies have that one in their ARNs, as docs/aws.md says.
    """

    def __init__(
        self, *names: str, of_roles: Mapping[str, tuple[str, ...]] | None = None, region: str = REGION
    ) -> None:
        self.region = region
        self.partition: str = botocore.session.get_session().get_partition_for_region(region)
        self.statements = self._statements(names)
        self.of_roles = {arn: self._statements(each) for arn, each in (of_roles or {}).items()}
        self.roles: dict[str, str | None] = {}
        self.asked: list[Request] = []
        self.refused: list[Request] = []

    def install(self, monkeypatch: Any) -> None:
        call = BaseResponse.call_action

        def judged(response: Any) -> Any:
            if response.get_access_key() != KEY_ID:
                return call(response)
            asked = [(self._here(each), by) for each, by in self._requests(response)]
            self.asked += [each for each, _ in asked]
            refused = [each for each, by in asked if not allows(by, each)]
            self.refused += refused
            return _denied(response, refused[0]) if refused else call(response)

        monkeypatch.setattr(BaseResponse, "call_action", judged)

    def _requests(self, response: Any) -> Iterator[tuple[Request, list[Mapping[str, Any]]]]:
        """Yield what a call asks for, and the statements that decide on it."""
        service, operation = response.boto3_service_name, response._get_action()
        model = botocore.session.get_session().get_service_model(service)
        action = f"{model.signing_name}:{operation}"
        if action in actions.NO_RIGHT:
            return
        given = _parameters(response)
        for request in self._direct(service, action, operation, given):
            yield request, self.statements
        if service == "cloudformation" and operation in HANDLERS:
            yield from self._of_stack(operation, given)

    def _of_stack(self, operation: str, given: Mapping[str, Any]) -> Iterator[tuple[Request, list[Mapping[str, Any]]]]:
        backend = cloudformation_backends[ACCOUNT][self.region]
        live = next(
            (each for each in backend.stacks.values() if given["StackName"] in (each.name, each.stack_id)), None
        )
        if given.get("RoleARN"):
            context = {"iam:PassedToService": ("cloudformation.amazonaws.com",)}
            yield Request("iam:PassRole", given["RoleARN"], context), self.statements
        if operation == "DeleteStack" and live is None:
            return
        # A stack keeps its role; moto forgets it with an update that names none.
        name = live.name if live else given["StackName"]
        role = self.roles[name] = given.get("RoleARN") or self.roles.get(name)
        by = self.of_roles.get(role, []) if role else self.statements
        body = given.get("TemplateBody") or (live.template if live else "")
        written = actions.yaml.safe_load(body) if isinstance(body, str) else body
        for each in stack_requests.of_stack(written, name, HANDLERS[operation]):
            yield each.request, by

    def _statements(self, names: tuple[str, ...]) -> list[Mapping[str, Any]]:
        found = [statement for name in names for statement in actions.policy(name)]
        here: list[Mapping[str, Any]] = json.loads(json.dumps(found).replace("arn:aws:", f"arn:{self.partition}:"))
        return here

    def _here(self, request: Request) -> Request:
        """Return a request in our region; those of a stack's handlers name that of the tests."""

        def moved(text: str) -> str:
            return text.replace("arn:aws:", f"arn:{self.partition}:").replace(f":{REGION}:", f":{self.region}:")

        context = {key: tuple(moved(each) for each in values) for key, values in request.context.items()}
        return Request(request.action, moved(request.resource), context)

    def _direct(self, service: str, action: str, operation: str, given: Mapping[str, Any]) -> Iterator[Request]:
        if service == "cloudformation":
            yield from self._of_cloudformation(action, given)
        elif service == "ssm":
            for name in given["Names"]:
                yield Request(action, f"arn:aws:ssm:{REGION}::parameter{name}")
        elif operation.startswith(("Describe", "Get", "List")) or (service == "ec2" and not EC2.keys() & given.keys()):
            yield Request(action)
        elif service == "eks":
            name = given["name"]
            yield Request(action, *_known(f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/{name}", self._cluster(name)))
        elif service == "ec2":
            name = next(each for each in EC2 if given.get(each))
            tags = ec2_backends[ACCOUNT][self.region].describe_tags(filters={"resource-id": [given[name]]})
            arn = f"arn:aws:ec2:{REGION}:{ACCOUNT}:{EC2[name]}/{given[name]}"
            yield Request(action, *_known(arn, {each["key"]: each["value"] for each in tags}))
        elif service == "elbv2":
            arn = given.get("LoadBalancerArn") or given["TargetGroupArn"]
            yield Request(action, *_known(arn, elbv2_backends[ACCOUNT][self.region].describe_tags([arn])[arn]))
        else:
            assert action == "logs:DeleteLogGroup", action
            yield Request(action, f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{given['logGroupName']}")

    def _of_cloudformation(self, action: str, given: Mapping[str, Any]) -> Iterator[Request]:
        """Yield a call's own request, and those of the parameters that need a permission of their own."""
        named = given.get("StackName")
        if not named and given.get("ChangeSetName"):
            named = cloudformation_backends[ACCOUNT][self.region].change_sets[given["ChangeSetName"]].stack.name
        arn = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{named}/1" if named else "*"
        arn = named if str(named).startswith("arn:") else arn
        yield Request(action, arn)
        if given.get("StackPolicyBody"):
            yield Request("cloudformation:SetStackPolicy", arn)
        if given.get("Tags"):
            yield Request("cloudformation:TagResource", arn)

    def _cluster(self, name: str) -> Mapping[str, str]:
        found = eks_backends[ACCOUNT][self.region].clusters.get(name)
        return found.tags if found else {}


def _parameters(response: Any) -> dict[str, Any]:
    """Return what a call was given, in the names of AWS's own model."""
    before = getattr(response, "params", None)
    response.parse_parameters(response.normalized_request)
    given = dict(response.params)
    response.params = before
    return given


def _known(arn: str, tags: Mapping[str, str]) -> tuple[str, dict[str, tuple[str, ...]]]:
    return arn, {f"aws:ResourceTag/{key}": (value,) for key, value in tags.items()}


def _denied(response: Any, request: Request) -> Any:
    # Moto looks up the model of a service by where its error comes from.
    refusal = CloudFormationError("AccessDenied", f"User is not authorized to perform: {request}")
    status, headers, body = response.serialized(ActionResult(refusal))
    return status, headers | {"status": str(status)}, body
