"""Who enters a new cluster, and what a cluster that is there was created with."""

from __future__ import annotations

import json

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import Session
from ansible_collections.landfall.eks.plugins.module_utils.eks import creation, stack, template
from ansible_collections.landfall.eks.plugins.modules import cluster_creation
from tests.unit.aws.cluster_plays import NAME, REGION, Plays, client, create, stacks, template_of
from tests.unit.aws.moto_stacks import taught  # noqa: F401
from tests.unit.aws.shapes import USUAL, of_type

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/platform"
SSO = "AWSReservedSSO_Administrators_0123456789abcdef"
SSO_PATH = f"/aws-reserved/sso.amazonaws.com/{REGION}/"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/platform/me", ROLE, True),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/platform/i-0123", f"arn:aws:iam::{ACCOUNT}:role/teams/a/platform", True),
        (
            f"arn:aws:sts::{ACCOUNT}:assumed-role/{SSO}/me@example.org",
            f"arn:aws:iam::{ACCOUNT}:role{SSO_PATH}{SSO}",
            True,
        ),
        (
            f"arn:aws-us-gov:sts::{ACCOUNT}:assumed-role/platform/me",
            f"arn:aws-us-gov:iam::{ACCOUNT}:role/Platform",
            True,
        ),
        (f"arn:aws:iam::{ACCOUNT}:user/people/me", f"arn:aws:iam::{ACCOUNT}:user/me", True),
        (f"arn:aws:iam::{ACCOUNT}:user/platform", ROLE, False),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/platform/me", "arn:aws:iam::999999999999:role/platform", False),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/platform-ci/me", ROLE, False),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/me/platform", ROLE, False),
    ],
)
def test_an_identity_is_known_by_account_kind_and_name(one, other, same):
    assert (creation.key(one) == creation.key(other)) is same
    assert creation.key(one)


@pytest.mark.parametrize("arn", [f"arn:aws:iam::{ACCOUNT}:root", f"arn:aws:sts::{ACCOUNT}:federated-user/me", ""])
def test_what_no_entry_can_name_has_no_key(arn):
    assert creation.key(arn) is None


@pytest.fixture
def user(monkeypatch):
    """Be a user of the account; return its ARN."""
    iam = client("iam")
    arn = iam.create_user(UserName="me", Path="/people/")["User"]["Arn"]
    use(monkeypatch, iam.create_access_key(UserName="me")["AccessKey"])
    return arn


def use(monkeypatch, keys):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", keys["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", keys["SecretAccessKey"])
    monkeypatch.setenv("AWS_SESSION_TOKEN", keys.get("SessionToken", "testing"))


def assume(monkeypatch, name, path="/"):
    role = client("iam").create_role(RoleName=name, Path=path, AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    use(monkeypatch, client("sts").assume_role(RoleArn=role, RoleSessionName="me")["Credentials"])
    return role


def lockout(*access, creator=False, role="", must=True):
    entries = [each if isinstance(each, dict) else {"principal_arn": each} for each in access]
    return creation.lockout(Session(REGION), creation.Entering(entries, creator, role, must))


def test_a_run_that_is_named_enters(user):
    assert lockout(user) == ""
    assert lockout(ROLE, user) == ""


def test_a_run_that_is_not_named_is_told_what_to_write(user):
    assert lockout() == (
        f"cluster_access does not name {user}, which runs this, so it could not enter the cluster that it creates: add "
        f"`principal_arn: {user}`."
    )
    assert lockout(ROLE).endswith(
        f"add `principal_arn: {user}`, or set cluster_storage_class: false if only others are to enter."
    )


@pytest.mark.parametrize("limit", [{"policy": "admin"}, {"policy": "view"}, {"namespaces": ["flask-app"]}])
def test_a_run_that_enters_and_could_do_nothing_is_told_so(user, limit):
    assert "an administrator of the whole cluster" in lockout({"principal_arn": user, **limit})
    assert lockout({"principal_arn": user, **limit}, must=False) == ""
    assert lockout({"principal_arn": user, "policy": "cluster_admin", "namespaces": None}) == ""


def test_a_creator_enters_unless_it_is_a_role_of_cloudformation(user):
    assert lockout(creator=True) == ""
    assert user in lockout(creator=True, role=ROLE)
    assert lockout(user, creator=True, role=ROLE) == ""


def test_others_alone_may_enter_where_nothing_is_done_inside(user):
    assert lockout(ROLE, must=False) == ""
    assert user in lockout(must=False), "nobody at all is a lockout"


def test_a_session_is_known_by_its_role_with_its_path(monkeypatch):
    role = assume(monkeypatch, SSO, SSO_PATH)
    assert lockout(role) == ""
    assert f"principal_arn: {role}`." in lockout()


def test_a_role_of_identity_center_whose_path_may_not_be_read(monkeypatch):
    assume(monkeypatch, SSO, SSO_PATH)
    client("iam").delete_role(RoleName=SSO)
    assert lockout().endswith(
        f"add `principal_arn: arn:aws:iam::{ACCOUNT}:role/{SSO}`, with the path that `aws iam get-role "
        f"--role-name {SSO}` shows."
    )


def test_an_identity_that_no_entry_can_name_is_refused(monkeypatch):
    monkeypatch.setattr(
        creation.identity,
        "read_identity",
        lambda session: creation.identity.Identity(f"arn:aws:iam::{ACCOUNT}:root", "", 0),
    )
    assert "which no entry of cluster_access can name" in lockout(ROLE)
    assert lockout(ROLE, must=False) == ""


def live():
    session = Session(REGION)
    template = creation.live_template(session, stack.read(session, NAME))
    return template and creation.creator_is_admin(template)


@pytest.mark.parametrize("admin", [True, False])
def test_a_cluster_is_known_by_what_it_was_created_with(taught, admin):  # noqa: F811
    assert live() is None
    create(creator_is_admin=admin)
    assert live() is admin


def test_a_stack_that_never_came_to_be_says_nothing(taught):  # noqa: F811
    create(creator_is_admin=True)
    session = Session(REGION)
    for status in ("ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS", "DELETE_IN_PROGRESS"):
        assert creation.live_template(session, stack.Stack(NAME, status)) is None


def test_a_template_before_the_setting_had_eks_own_default(taught):  # noqa: F811
    written = json.loads(template.body("whole", USUAL))
    del written["Resources"]["Cluster"]["Properties"]["AccessConfig"]["BootstrapClusterCreatorAdminPermissions"]
    client("cloudformation").create_stack(
        StackName=NAME, TemplateBody=json.dumps(written), Capabilities=["CAPABILITY_IAM"]
    )
    assert live() is True


def admin_of(written):
    config = of_type(written, "EKS::Cluster")["Cluster"]["AccessConfig"]
    return config["BootstrapClusterCreatorAdminPermissions"]


def asked(judge=True, must_enter=True, endpoint="", zones=3, **other):
    given = {
        "stack": NAME,
        "region": REGION,
        "stack_role": "",
        "endpoint": endpoint,
        "zones": zones,
        "vpc": "",
        "subnets": [],
    }
    settings = USUAL | {"zone_names": []} | other
    return cluster_creation.ask(given | {"settings": settings, "must_enter": must_enter, "judge": judge})


def test_only_a_creation_is_judged(taught, user):  # noqa: F811
    assert user in asked()["problems"][0]
    assert asked(judge=False) == {"decided": {}, "problems": [], "notes": []}
    create(creator_is_admin=True)
    told = asked()
    assert (told["decided"]["creator_is_admin"], told["problems"]) == (True, []), "who made it has entered it all along"


def test_the_playbook_refuses_to_lock_itself_out(tmp_path, taught, user):  # noqa: F811
    well, said = Plays(tmp_path)(cluster_storage_class=True)
    assert not well
    assert "Nothing was changed, since this is in the way: - cluster_access does not name" in said
    assert f"add `principal_arn: {user}`, or set cluster_storage_class: false" in said
    assert stacks() == {}


def test_a_stack_that_is_there_keeps_its_creator(tmp_path, taught, user):  # noqa: F811
    """Made when the creator was the administrator by default: nothing in it is replaced, and nobody is asked for."""
    create(creator_is_admin=True)
    well, said = Plays(tmp_path)(cluster_access=[], cluster_flow_logs="none")
    assert well, said
    assert admin_of(template_of()) is True
    assert "FlowLog" not in template_of()["Resources"]
