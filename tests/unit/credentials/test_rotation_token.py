"""The token beside a password, Argo CD's signing key, is rotated by a name of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.credentials import logins, rotation, rotation_steps
from ansible_collections.landfall.eks.plugins.module_utils.credentials.items import CredentialError, Item, parse_items
from tests.fake_cluster import FakeCluster
from tests.fake_objects import Object
from tests.unit.credentials.fake_store import NOW, FakeStore, text_of
from tests.unit.credentials.platform import KilledError, cluster_of, cut_off, workload
from tests.unit.credentials.test_rotation import HOME, LATER, context, rotate, site

NAME, READER = "signing-key", ("Deployment", "argocd", "server")
ADMIN = Item(
    "admin",
    "password",
    "argocd-secret",
    "argocd",
    data={"admin.password": "{password_bcrypt}", "admin.passwordMtime": "{created}", "server.secretkey": "{token}"},
    login={"service": "Argo CD", "user": "admin"},
    rotation={
        "means": "Sessions end.",
        "token": {"name": NAME, "means": "All end.", "by_hand": "Make new tokens.", "restart": ["Deployment/server"]},
    },
)


@pytest.fixture(scope="module")
def rolled() -> list[Object]:
    store = FakeStore()
    store.run([ADMIN])
    return [*store.secrets.values(), workload(*READER)]


@pytest.fixture
def make(rolled: list[Object]) -> Callable[[], FakeCluster]:
    return lambda: cluster_of(rolled)


def kept(api: FakeCluster) -> dict[str, str]:
    return text_of(api.objects["Secret", HOME, "admin"])


def delivered(api: FakeCluster) -> dict[str, str]:
    return text_of(api.objects["Secret", "argocd", "argocd-secret"])


def test_it_is_another_key_and_the_password_stays(make: Callable[[], FakeCluster]) -> None:
    api = make()
    original, before = kept(api), delivered(api)
    assert rotate(api, NAME) == [f"{NAME}: rotated. Make new tokens."]
    after = delivered(api)
    assert after["server.secretkey"] == kept(api)["token"] != before["server.secretkey"]
    assert len(after["server.secretkey"]) >= 43
    assert {key: after[key] for key in before if key != "server.secretkey"} == {
        key: before[key] for key in before if key != "server.secretkey"
    }
    assert (kept(api)["password"], kept(api)["created"]) == (original["password"], original["created"])
    assert not [key for key in kept(api) if key.startswith("next.")]
    mark = api.objects[READER]["spec"]["template"]["metadata"]["annotations"][f"landfall.eks/rotated-{NAME}"]
    assert mark == kept(api)["token_created"] == "2030-02-24T12:00:00Z"
    assert site(api, [ADMIN]) == []


def test_a_password_leaves_the_key_and_both_can_be_rotated_in_one_run(make: Callable[[], FakeCluster]) -> None:
    api = make()
    before = delivered(api)
    rotate(api, "admin")
    assert delivered(api)["server.secretkey"] == before["server.secretkey"]
    rotate(api, "admin", NAME)
    after = delivered(api)
    assert not {before[key] for key in ("admin.password", "server.secretkey")} & set(after.values())
    assert site(api, [ADMIN]) == []


@pytest.mark.parametrize("after", [False, True], ids=["before it", "after it"])
@pytest.mark.parametrize("ended_by", ["rotate.yml", "site.yml", "the other one"])
def test_killed_at_each_call_it_ends_with_one_key(make: Callable[[], FakeCluster], ended_by: str, after: bool) -> None:
    whole = make()
    rotate(whole, NAME)
    stages = set()
    for number in range(1, len(whole.log) + 1):
        api = make()
        old = kept(api)["token"]
        cut_off(api, number, after=after)
        with pytest.raises(KilledError):
            rotate(api, NAME)
        begun, ended = "next.token" in kept(api), kept(api)["token"] != old
        stages.add((begun, delivered(api)["server.secretkey"] == old))
        assert delivered(api)["server.secretkey"] in {kept(api)["token"], kept(api).get("next.token")}
        if ended_by == "the other one":
            rotate(api, "admin")
            assert ("next.token" in kept(api)) is begun, "a password's rotation leaves the token's alone"
        if ended_by == "rotate.yml":
            rotate(api, NAME)
        else:
            site(api, [ADMIN])
        assert delivered(api)["server.secretkey"] == kept(api)["token"]
        assert (kept(api)["token"] != old) is (begun or ended or ended_by == "rotate.yml")
        assert site(api, [ADMIN]) == [], "the next run of site.yml changes nothing"
    assert {(True, True), (True, False), (False, False)} <= stages


def test_its_row_has_its_own_age_and_needs_a_person(make: Callable[[], FakeCluster]) -> None:
    api = make()
    rotate(api, NAME)
    (row,) = [each for each in rotation.rows(context(api)) if each["name"] == NAME]
    assert (row["kind"], row["age"], row["means"], row["rotatable"], row["by_hand"]) == (
        "token",
        0,
        "All end.",
        True,
        True,
    )
    assert rotation.chosen(rotation.rows(context(api)), [], 30) == ["admin"]
    assert rotation.chosen(rotation.rows(context(api)), [NAME], None) == [NAME]
    (line,) = [each for each in rotation.table(rotation.rows(context(api))) if each.startswith(NAME)]
    assert line.endswith("All end.")


def test_one_that_is_unfinished_is_no_second_password(make: Callable[[], FakeCluster]) -> None:
    api = make()
    rotation_steps.stage(context(api), rotation.read_subjects(context(api))[NAME])
    rows = {each["name"]: each["unfinished"] for each in rotation.rows(context(api))}
    assert rows == {"admin": False, NAME: True}
    assert [each.service for each in logins.read_keyring(api, HOME).logins] == ["Argo CD"]


def test_one_from_before_has_the_age_of_its_password(make: Callable[[], FakeCluster]) -> None:
    api = make()
    del api.objects["Secret", HOME, "admin"]["data"]["token_created"]
    (row,) = [each for each in rotation.rows(context(api)) if each["name"] == NAME]
    assert row["age"] == (LATER - NOW).days
    assert rotate(api, NAME)
    assert kept(api)["token_created"] == "2030-02-24T12:00:00Z"


@pytest.mark.parametrize(
    ("token", "words"), [({"name": "admin"}, "names admin twice"), ({"name": "a", "restart": ["x"]}, "'x'")]
)
def test_a_token_that_cannot_be_one_is_refused(token: dict[str, Any], words: str) -> None:
    secret = {"name": "s", "namespace": "n", "data": {"key": "{token}"}}
    with pytest.raises(CredentialError, match=words):
        parse_items([{"name": "admin", "kind": "password", "secret": secret, "rotation": {"token": token}}], HOME)
