"""Tokens for the API of an EKS cluster: a presigned request to STS that EKS makes to learn who is asking.

Run as a module, `python -P -m <this> --cluster NAME --region REGION`, it is the exec credential of a kubeconfig: every
client asks it again when its token has ended, so a run may last longer than one. The form of the token and how long it
is taken (15 minutes, of which AWS's own clients use 14) are those of aws-iam-authenticator and `aws eks get-token`.
"""

from __future__ import annotations

import argparse
import base64
import datetime
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError, Session, spoken

API_VERSION = "client.authentication.k8s.io/v1"
PREFIX = "k8s-aws-v1."
CLUSTER_HEADER = "x-k8s-aws-id"
URL_SECONDS = 60
TOKEN_MINUTES = 14


def presigned(session: Session, cluster: str) -> str:
    """Return a URL, good for a minute, that tells who we are, and only to the cluster of that name.

    It always leads to AWS itself, whatever AWS_ENDPOINT_URL says, for that is all that EKS goes to. Raises AwsError.
    """
    with spoken("signing a token"):
        client = session.client("sts", ignore_configured_endpoint_urls=True)
        # What botocore's own description of the operation has no place for.
        client.meta.events.register(
            "before-sign.sts.GetCallerIdentity",
            lambda request, **_unused: request.headers.add_header(CLUSTER_HEADER, cluster),
        )
        return str(client.generate_presigned_url("get_caller_identity", ExpiresIn=URL_SECONDS, HttpMethod="GET"))


def credential(session: Session, cluster: str) -> dict[str, Any]:
    """Return an ExecCredential with a token for a cluster, named as EKS knows it. Raises AwsError."""
    encoded = base64.urlsafe_b64encode(presigned(session, cluster).encode()).decode().rstrip("=")
    ends = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=TOKEN_MINUTES)
    status = {"token": PREFIX + encoded, "expirationTimestamp": ends.strftime("%Y-%m-%dT%H:%M:%SZ")}
    return {"apiVersion": API_VERSION, "kind": "ExecCredential", "spec": {}, "status": status}


def command(cluster: str, region: str, profile: str = "", roles: Sequence[str] = ()) -> dict[str, Any]:
    """Return the `exec` of a kubeconfig's user: this module, run by this Python; no secret is in it."""
    arguments = ["-P", "-m", __name__, "--cluster", cluster, "--region", region]
    arguments += ["--profile", profile] if profile else []
    arguments += [word for role in roles for word in ("--role", role)]
    # A script's own folder would come before the standard library, which has a module of this name: hence -P -m.
    root = Path(__file__).absolute().parents[len(__name__.split(".")) - 1]
    return {
        "apiVersion": API_VERSION,
        "interactiveMode": "IfAvailable",
        "command": sys.executable,
        "args": arguments,
        "env": [{"name": "PYTHONPATH", "value": str(root)}],
        "provideClusterInfo": False,
    }


def main(words: Sequence[str] | None = None) -> int:
    """Print the ExecCredential, or what AWS refused."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cluster", required=True)
    parser.add_argument("--region", required=True)
    parser.add_argument("--profile", default="")
    parser.add_argument("--role", action="append", default=[])
    given = parser.parse_args(words)
    try:
        session = Session(given.region, given.profile, tuple(given.role))
        print(json.dumps(credential(session, given.cluster)))  # pylint: disable=ansible-bad-function
    except AwsError as error:
        print(error, file=sys.stderr)  # pylint: disable=ansible-bad-function
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())  # pylint: disable=ansible-bad-function
