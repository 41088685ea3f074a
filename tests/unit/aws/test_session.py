"""What AWS refuses is one sentence with its code."""

import botocore.exceptions
import pytest

from ansible_collections.landfall.eks.plugins.module_utils.aws import session


def refused(code):
    return botocore.exceptions.ClientError({"Error": {"Code": code, "Message": "no"}}, "DescribeCluster")


def test_a_refused_call_keeps_its_code():
    with (
        pytest.raises(session.AwsError, match="AWS refused eks describe_cluster: AccessDenied: no") as caught,
        session.spoken("eks describe_cluster"),
    ):
        raise refused("AccessDenied")
    assert session.refusal(caught.value) == "AccessDenied"


def test_no_answer_has_no_code():
    with pytest.raises(session.AwsError, match="did not answer") as caught, session.spoken("sts"):
        raise botocore.exceptions.EndpointConnectionError(endpoint_url="http://127.0.0.1:1")
    assert session.refusal(caught.value) == ""


def test_a_region_is_needed(monkeypatch, tmp_path):
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    with pytest.raises(session.AwsError, match="platform_aws_region"):
        session.Session()
    assert session.Session(region="eu-central-1").region == "eu-central-1"


def test_tags_of_both_spellings():
    assert session.tags_of([{"Key": "a", "Value": "1"}, {"key": "b", "value": "2"}]) == {"a": "1", "b": "2"}


def test_both_variables_name_the_region(monkeypatch):
    """boto3 knows the second alone, Ansible's modules and AWS's other tools know the first."""
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    assert session.Session().region == "eu-west-1"
    monkeypatch.setenv("AWS_REGION", "eu-west-2")
    assert session.Session().region == "eu-west-2"
    assert session.Session("eu-west-3").region == "eu-west-3"


def test_options_of_a_client_go_over_our_own():
    made = session.Session("eu-west-1")
    assert made.client("sts").meta.config.retries["total_max_attempts"] == session.TRIES
    fewer = made.client("sts", retries={"mode": "standard", "total_max_attempts": 1})
    assert fewer.meta.config.retries["total_max_attempts"] == 1
