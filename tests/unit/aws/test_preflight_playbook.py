"""Preflight as a user meets it: one run of site.yml on clusters whose AWS is in order, is not, or is not there."""

import os

import pytest

from tests.unit.aws.vpcs import vpc
from tests.unit.bad_input.fake_clusters import serving
from tests.unit.bad_input.test_bad_input import charts_in, helm_folder, inventory, play

NO_KEYS = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_SESSION_TOKEN": ""}


@pytest.mark.skipif(not (helm_folder() / "helm").exists(), reason="helm is not there: make tools")
def test_aws_is_looked_at_before_the_first_change(moto_server, tmp_path):
    charts_in(tmp_path / "charts")
    with serving({}) as server:
        hosts = inventory({"good": [], "bad": [], "without": [], "needing": [], "off": []}, server, tmp_path)
        everybody, own = hosts["clusters"]["vars"], hosts["clusters"]["hosts"]
        everybody |= {"preflight_check_aws": True, "platform_aws_region": "eu-central-1"}
        # The simulated account, of which the playbook is told by the settings alone.
        account = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
        path = account | {"PATH": f"{helm_folder()}:{os.environ['PATH']}"}
        everybody |= {"platform_environment": path}
        own["good"] |= {"ingress_vpc_id": vpc("abc")}
        own["bad"] |= {"ingress_vpc_id": vpc("a"), "argocd_subnets": ["subnet-0"]}
        own["without"] |= {"platform_environment": path | NO_KEYS}
        own["needing"] |= {"platform_environment": path | NO_KEYS, "ingress_addresses": "eni"}
        own["off"] |= {"ingress_vpc_id": own["bad"]["ingress_vpc_id"], "preflight_check_aws": False}
        said, changed = play(tmp_path, hosts, "site.yml", "--tags", "preflight")
        assert (server.changes, changed) == ([], 0)
    assert said["good"] == [], "the control"
    assert said["without"] == [], "a line says what can be handed in, and that is no problem"
    assert said["off"] == []
    assert len(said["bad"]) == 2, said["bad"]
    assert "The load balancer of nginx-ingress would be in eu-central-1a alone" in said["bad"][0]
    assert "argocd_subnets names subnet-0" in said["bad"][1]
    (needing,) = said["needing"]
    assert "ingress_addresses needs AWS" in needing
