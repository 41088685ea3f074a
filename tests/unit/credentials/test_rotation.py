"""Rotation of passwords: each way of it, cut off at each call, always ends with one password that opens."""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import bcrypt
import pytest

from ansible_collections.landfall.eks.plugins.module_utils.credentials import rotation, rotation_steps
from ansible_collections.landfall.eks.plugins.module_utils.credentials.items import (
    CredentialError,
    Item,
    parse_items,
)
from ansible_collections.landfall.eks.plugins.module_utils.credentials.plan import LiveSecrets, Run, make_plan
from ansible_collections.landfall.eks.plugins.module_utils.credentials.rotation_steps import (
    RotationContext,
    RotationError,
)
from ansible_collections.landfall.eks.plugins.module_utils.credentials.store import apply_secret, read
from tests.fake_cluster import FakeCluster
from tests.fake_objects import Object
from tests.unit.credentials.fake_store import NOW, FakeStore, text_of
from tests.unit.credentials.platform import KilledError, cluster_of, cut_off, replace_pods, workload

HOME = "landfall-system"
LATER = NOW + timedelta(days=40)
ADMIN = Item(
    "argocd-admin",
    "password",
    "argocd-secret",
    "argocd",
    data={"admin.password": "{password_bcrypt}", "admin.passwordMtime": "{created}", "server.secretkey": "{token}"},
    login={"service": "Argo CD", "user": "admin"},
    rotation={"means": "Sessions end."},
)
SHIPPER = Item(
    "fluent-bit",
    "password",
    "fluent-bit",
    "logging",
    data={"username": "fluent-bit", "password": "{password}", "line": "user:{password}"},
    rotation={"restart": ["DaemonSet/fluent-bit"]},
)
ELASTIC = Item(
    "elastic",
    "found",
    "es-user",
    "logging",
    data={"password": "elastic"},
    login={"service": "Kibana", "user": "elastic"},
    rotation={"method": "recreate", "needs": ["elastic-system/Deployment/operator"]},
)
WEBHOOK = Item(
    "webhook", "password", "webhook", "argocd", data={"github": "{password}"}, rotation={"by_hand": "Tell GitHub."}
)
GIVEN = Item("pager", "fixed", "pager", "monitoring", data={"key": "value"})
ITEMS = [ADMIN, SHIPPER, ELASTIC, WEBHOOK, GIVEN]


def context(api: FakeCluster, **other: Any) -> RotationContext:
    return RotationContext(api, HOME, LATER, sleep=lambda _: None, **other)


@pytest.fixture(scope="module")
def rolled() -> list[Object]:
    """All objects of a cluster after a rollout."""
    store = FakeStore()
    store.run(ITEMS)
    metadata = {"name": "es-user", "namespace": "logging", "creationTimestamp": "2030-01-01T00:00:00Z"}
    made = {"kind": "Secret", "metadata": metadata, "data": {"elastic": base64.b64encode(b"first").decode()}}
    operator = workload("Deployment", "elastic-system", "operator")
    return [*store.secrets.values(), made, workload("DaemonSet", "logging", "fluent-bit"), operator]


def with_operator(api: FakeCluster, found: Object) -> None:
    """Also do what the operator does: make its Secret anew, with another password, when it is gone."""
    replace_pods(api, found)
    if api.key(found) == ("Secret", "logging", "es-user") and api.key(found) not in api.objects:
        metadata = {"name": "es-user", "namespace": "logging"}
        api.add({"kind": "Secret", "metadata": metadata, "data": {"elastic": base64.b64encode(b"second").decode()}})


@pytest.fixture
def make(rolled: list[Object]) -> Callable[[], FakeCluster]:
    def make() -> FakeCluster:
        api = cluster_of(rolled)
        api.reconcile = with_operator
        return api

    return make


def text(api: FakeCluster, namespace: str, name: str) -> dict[str, str]:
    return text_of(api.objects["Secret", namespace, name])


def rotate(api: FakeCluster, *names: str) -> list[str]:
    return list(rotation.rotate(context(api), list(names), "test"))


def passwords(api: FakeCluster, name: str) -> list[str]:
    """Return what the original holds, the old one first."""
    kept = text(api, HOME, name)
    return [kept[key] for key in ("password", "next.password") if key in kept]


def opens(api: FakeCluster, item: Item, password: str) -> bool:
    """Tell whether a password is the one that the delivered Secret lets in."""
    there = text(api, item.namespace, item.secret)
    if item is ADMIN:
        return bcrypt.checkpw(password.encode(), there["admin.password"].encode())
    return there["password"] == password and there["line"] == f"user:{password}"


def test_argo_cd_gets_a_new_hash_with_its_time_and_keeps_its_signing_key(make: Callable[[], FakeCluster]) -> None:
    api = make()
    (old,), before = passwords(api, "argocd-admin"), text(api, "argocd", "argocd-secret")
    assert opens(api, ADMIN, old), "control: the old one was right"
    assert rotate(api, "argocd-admin") == ["argocd-admin: rotated."]
    (new,), after = passwords(api, "argocd-admin"), text(api, "argocd", "argocd-secret")
    assert new != old
    assert opens(api, ADMIN, new)
    assert not opens(api, ADMIN, old)
    assert after["admin.passwordMtime"] == "2030-02-24T12:00:00Z" > before["admin.passwordMtime"]
    assert after["server.secretkey"] == before["server.secretkey"]
    assert api.objects["Secret", HOME, "argocd-admin"]["metadata"]["annotations"]["landfall.eks/made"] == (
        "2030-02-24T12:00:00Z"
    )


def test_readers_that_look_once_are_replaced_and_fixed_keys_stay(make: Callable[[], FakeCluster]) -> None:
    api = make()
    rotate(api, "fluent-bit")
    annotations = api.objects["DaemonSet", "logging", "fluent-bit"]["spec"]["template"]["metadata"]["annotations"]
    assert annotations == {"a": "b", "landfall.eks/rotated-fluent-bit": "2030-02-24T12:00:00Z"}
    assert text(api, "logging", "fluent-bit")["username"] == "fluent-bit"


@pytest.mark.parametrize("after", [False, True], ids=["before it", "after it"])
@pytest.mark.parametrize("item", [ADMIN, SHIPPER], ids=lambda item: item.name)
@pytest.mark.parametrize("ended_by", ["rotate.yml", "site.yml"])
def test_killed_at_each_call_it_ends_with_one_new_password(
    make: Callable[[], FakeCluster], item: Item, ended_by: str, after: bool
) -> None:
    whole = make()
    rotate(whole, item.name)
    assert len(whole.log) > 5, "control: there is something to cut"
    seen = set()
    for number in range(1, len(whole.log) + 1):
        api = make()
        (old,) = passwords(api, item.name)
        cut_off(api, number, after=after)
        with pytest.raises(KilledError):
            rotate(api, item.name)
        kept = passwords(api, item.name)
        seen.add((len(kept), opens(api, item, old)))
        assert [each for each in kept if opens(api, item, each)], f"nobody gets in after call {number}"
        if ended_by == "site.yml":
            begun = len(kept) == 2
            site(api)
            if not begun:
                continue
        else:
            rotate(api, item.name)
        (new,) = passwords(api, item.name)
        assert new != old
        assert opens(api, item, new)
        assert site(api) == [], "the next run of site.yml changes nothing"
    # The controls: it was killed while both were kept, with the old one right and with the new one.
    assert {(2, True), (2, False), (1, False)} <= seen


def site(api: FakeCluster, items: Sequence[Item] = ()) -> list[str]:
    """Do what the module credentials does with `items`, or with all; return what was to be done."""
    secrets = read(api)
    originals = {each["metadata"]["name"]: each for each in secrets if each["metadata"]["namespace"] == HOME}
    delivered = {(each["metadata"]["namespace"], each["metadata"]["name"]): each for each in secrets}
    plan = make_plan(items or ITEMS, LiveSecrets(originals, delivered), Run(HOME, "test", LATER))
    for each in plan.writes:
        apply_secret(api, each)
    done, waiting = rotation.finish(context(api), read(api))
    assert waiting == []
    return [*(each["metadata"]["name"] for each in plan.writes), *done]


def test_site_says_what_it_could_not_end_and_changes_nothing_of_it(make: Callable[[], FakeCluster]) -> None:
    api = make()
    rotation_steps.stage(context(api), rotation.read_subjects(context(api))["fluent-bit"])
    del api.objects["DaemonSet", "logging", "fluent-bit"]
    done, (sentence,) = rotation.finish(context(api), read(api))
    assert done == []
    assert "DaemonSet logging/fluent-bit is gone" in sentence
    assert "rotate=fluent-bit" in sentence
    assert len(passwords(api, "fluent-bit")) == 2


def test_what_is_needed_is_looked_at_before_anything_is_begun(make: Callable[[], FakeCluster]) -> None:
    api = make()
    del api.objects["DaemonSet", "logging", "fluent-bit"]
    before = copy.deepcopy(api.objects)
    with pytest.raises(RotationError, match="DaemonSet logging/fluent-bit is not there"):
        rotate(api, "argocd-admin", "fluent-bit")
    assert api.objects == before


def test_operator_makes_its_own_anew_if_it_is_there(make: Callable[[], FakeCluster]) -> None:
    api = make()
    rotate(api, "elastic")
    assert text(api, "logging", "es-user")["elastic"] == "second"
    api.objects["Deployment", "elastic-system", "operator"]["status"] = {"readyReplicas": 0}
    with pytest.raises(RotationError, match=r"Deployment elastic-system/operator is not ready, .* wait until it is"):
        rotate(api, "elastic")
    assert ("Secret", "logging", "es-user") in api.objects


def test_operator_that_does_nothing_is_waited_for_and_named(make: Callable[[], FakeCluster]) -> None:
    api = make()
    api.reconcile = replace_pods
    ticks = iter(range(1000))
    waiting = context(api, timeout=5, clock=lambda: float(next(ticks)))
    with pytest.raises(RotationError, match="logging/es-user was not recreated by its operator after 5 s"):
        list(rotation.rotate(waiting, ["elastic"], "test"))


def test_change_of_somebody_else_is_not_written_over(make: Callable[[], FakeCluster]) -> None:
    api = make()
    subject = rotation.read_subjects(context(api))["fluent-bit"]
    rotation_steps.stage(context(api), subject)
    with pytest.raises(RotationError, match="was changed meanwhile by somebody else"):
        rotation_steps.stage(context(api), subject)


def test_unknown_names_are_told_with_those_that_exist(make: Callable[[], FakeCluster]) -> None:
    found = rotation.rows(context(make()))
    with pytest.raises(RotationError) as caught:
        rotation.chosen(found, ["argo-admin", "pager"], None)
    first, second = str(caught.value).splitlines()
    assert first == (
        "rotate names argo-admin, which does not exist: did you mean argocd-admin? There are elastic, argocd-admin, "
        "fluent-bit, webhook."
    )
    assert second.endswith("It is yours: change it in your settings, and run site.yml.")


def test_age_chooses_what_needs_no_person(make: Callable[[], FakeCluster]) -> None:
    found = rotation.rows(context(make()))
    assert rotation.chosen(found, [], 30) == ["elastic", "argocd-admin", "fluent-bit"]
    assert rotation.chosen(found, ["webhook"], 90) == ["webhook"]
    assert rotation.chosen(found, [], None) == []


def test_what_a_person_has_to_do_is_said(make: Callable[[], FakeCluster]) -> None:
    assert rotate(make(), "webhook") == ["webhook: rotated. Tell GitHub."]


def test_table_has_ages_and_meanings_and_changes_nothing(make: Callable[[], FakeCluster]) -> None:
    api = make()
    rotation_steps.stage(context(api), rotation.read_subjects(context(api))["fluent-bit"])
    before = copy.deepcopy(api.objects)
    lines = rotation.table(rotation.rows(context(api)))
    assert lines[0].split() == ["Name", "Kind", "Age", "Ends", "Rotating", "it", "means"]
    (admin,) = [line for line in lines if line.startswith("argocd-admin")]
    assert "password  40 d" in admin
    assert admin.endswith("Sessions end.")
    (shipper,) = [line for line in lines if line.startswith("fluent-bit")]
    assert "Its rotation is unfinished" in shipper
    assert api.objects == before


def test_nothing_secret_is_said_or_noted(make: Callable[[], FakeCluster]) -> None:
    api = make()
    old = passwords(api, "argocd-admin") + passwords(api, "fluent-bit")
    said = rotate(api, "argocd-admin", "fluent-bit")
    said += rotation.table(rotation.rows(context(api)))
    said += [str(each["metadata"]) + str(each.get("spec")) for each in api.objects.values()]
    every = old + passwords(api, "argocd-admin") + passwords(api, "fluent-bit")
    assert len(set(every)) == 4
    assert not [each for each in every if any(each in line for line in said)]


def test_one_from_before_says_what_to_run_first(rolled: list[Object]) -> None:
    api = cluster_of(rolled)
    for each in api.objects.values():
        each["metadata"].get("annotations", {}).pop("landfall.eks/rotation", None)
    found = rotation.rows(context(api))
    with pytest.raises(RotationError, match=r"argocd-admin, which cannot be rotated here: Run site.yml first"):
        rotation.chosen(found, ["argocd-admin"], None)


def test_workload_that_cannot_be_one_is_refused() -> None:
    entry = {
        "name": "a",
        "kind": "password",
        "secret": {"name": "a", "namespace": "b", "data": {"c": "{password}"}},
        "rotation": {"restart": ["fluent-bit"]},
    }
    with pytest.raises(CredentialError, match=r"names the workload 'fluent-bit' .* write <kind>/<name>"):
        parse_items([entry], HOME)
