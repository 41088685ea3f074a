"""How AWS is spoken to: one session for a run, and its refusals as sentences."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.libraries.aws import Config, boto3, botocore

TRIES = 8
"""Of one call, the first included: botocore waits between them up to 20 s, as its standard mode does."""


class AwsError(Exception):
    """What AWS refused or did not answer, in one sentence that says what to do."""


class Session:
    """Clients of one region, with the permissions of a profile, and of roles that are assumed from it in turn."""

    def __init__(self, region: str = "", profile: str = "", roles: tuple[str, ...] = ()) -> None:
        """Take on the roles (ARNs), in their order. Without region or profile the environment says which; AwsError."""
        with spoken("taking on a role"):
            # boto3 itself knows AWS_DEFAULT_REGION alone.
            named = region or os.environ.get("AWS_REGION")
            self._session = boto3.session.Session(profile_name=profile or None, region_name=named or None)
            for role in roles:
                self._session = self._as(role)
        if not self._session.region_name:
            raise AwsError("No AWS region is known: set platform_aws_region, or AWS_REGION, to the cluster's.")

    @property
    def region(self) -> str:
        """The region of all clients that are not asked for another."""
        return str(self._session.region_name)

    def client(self, service: str, region: str = "", **options: Any) -> Any:
        """Return a client that tries again when AWS asks it to; `options` are botocore's, over our own."""
        ours: dict[str, Any] = {"retries": {"mode": "standard", "total_max_attempts": TRIES}}
        config = Config(**(ours | {"user_agent_extra": "landfall.eks"} | options))
        return self._session.client(service, region_name=region or None, config=config)

    def pages(self, service: str, operation: str, **arguments: Any) -> list[dict[str, Any]]:
        """Return every page of a listing; `operation` is the client's method, as describe_subnets. AwsError."""
        with spoken(f"{service} {operation}"):
            return list(self.client(service).get_paginator(operation).paginate(**arguments))

    def call(self, service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        """Return the answer of one call. AwsError."""
        with spoken(f"{service} {operation}"):
            answer: dict[str, Any] = getattr(self.client(service), operation)(**arguments)
            return answer

    def _as(self, role: str) -> boto3.session.Session:
        answer = self._session.client("sts").assume_role(RoleArn=role, RoleSessionName="landfall")
        keys = answer["Credentials"]
        return boto3.session.Session(
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
            region_name=self._session.region_name,
        )


@contextlib.contextmanager
def spoken(doing: str) -> Iterator[None]:
    """Turn what botocore raises into AwsError; `doing` names the call, as "eks describe_cluster"."""
    try:
        yield
    except botocore.exceptions.ClientError as error:
        refused = error.response.get("Error", {})
        raise AwsError(f"AWS refused {doing}: {refused.get('Code', '?')}: {refused.get('Message', error)}") from error
    except (botocore.exceptions.NoCredentialsError, botocore.exceptions.ProfileNotFound) as error:
        raise AwsError(f"AWS was not asked ({doing}): {error}: set AWS_PROFILE to one that `aws sts` knows.") from error
    except botocore.exceptions.BotoCoreError as error:
        raise AwsError(f"AWS did not answer {doing}: {error}: see to the region, the network and the keys.") from error


def refusal(error: AwsError) -> str:
    """Return AWS's code of a refused call, as AccessDenied, or nothing if AWS did not answer at all."""
    cause = error.__cause__
    if isinstance(cause, botocore.exceptions.ClientError):
        return str(cause.response.get("Error", {}).get("Code", ""))
    return ""


def tags_of(listed: list[dict[str, str]]) -> dict[str, str]:
    """Return AWS's list of Key and Value (or key and value) as a dict."""
    return {each.get("Key", each.get("key", "")): each.get("Value", each.get("value", "")) for each in listed}
