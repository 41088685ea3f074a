"""Which names are taken for a typo of a setting, counted over real names of others and over typos of all our own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.settings import names as subject
from ansible_collections.landfall.eks.plugins.module_utils.settings import specs
from ansible_collections.landfall.eks.plugins.module_utils.settings.specs import Setting

SETTINGS = specs.load_settings(Path(__file__).parents[3] / "roles")
PUBLIC = [line for line in Path(__file__).with_name("public_names.txt").read_text().split("\n") if line[:1] not in "#"]
FALSE_ALARMS = {"hosts_name": "hosts_names", "hsts_enabled": "hosts_enabled"}
"""Real names of others that are one letter away from a setting; who has one lists it in platform_own_variables."""
AS_CLOSE = 0.999
"""How many of the typos must lead to the very setting; two letters too few can be as close to another one."""


def refused(*names: str, own: tuple[str, ...] = ()) -> list[str]:
    return subject.problems(names, SETTINGS, SETTINGS, own)


def test_names_of_public_inventories_are_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    alarms = {name: meant for name in PUBLIC if name not in SETTINGS and (meant := subject.meant(name, SETTINGS))}
    begin = len(subject.left_alone(PUBLIC, SETTINGS, SETTINGS, ()))
    with capsys.disabled():
        print(f"\n{len(PUBLIC)} names of others, {begin} of which begin like a setting: {len(alarms)} false alarms")
    assert begin > 300
    assert alarms == FALSE_ALARMS


def test_typos_are_refused_with_the_setting_that_was_meant(capsys: pytest.CaptureFixture[str]) -> None:
    typos = {(typo, each.name) for each in SETTINGS.values() for typo in typos_of(each) if typo not in SETTINGS}
    found = {(typo, subject.meant(typo, SETTINGS)) for typo, _ in typos}
    passed, right = [typo for typo, meant in found if not meant], len(typos & found)
    with capsys.disabled():
        print(f"\n{len(typos)} typos of {len(SETTINGS)} settings: {len(passed)} pass, {right} lead to the right one")
    assert passed == []
    assert right >= AS_CLOSE * len(typos)


def typos_of(setting: Setting) -> Iterator[str]:
    """Yield what people write instead of a name."""
    name, role = setting.name, setting.role
    rest = name.removeprefix(f"{role}_")
    yield from (name[:at] + name[at + 1 :] for at, letter in enumerate(name) if letter != "_")
    yield from (name[:at] + letter + name[at:] for at, letter in enumerate(name) if letter != "_")
    yield from (
        name[:at] + name[at + 1] + name[at] + name[at + 2 :]
        for at in range(len(name) - 1)
        if "_" not in name[at : at + 2] and name[at] != name[at + 1]
    )
    yield from (f"{role}_{rest[:at]}{rest[at + 2 :]}" for at in range(len(rest) - 1) if "_" not in rest[at : at + 2])
    yield name.removesuffix("s") if name.endswith("s") else f"{name}s"
    yield from (name.replace("_", mark) for mark in ("-", "", "__"))
    yield "".join(word.capitalize() for word in name.split("_"))
    words = rest.split("_")
    if len(words) > 1:
        yield f"{role}_{'_'.join(words[1:] + words[:1])}"
    if "_" in role:
        yield f"{role.partition('_')[0]}_{rest}"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("efk_retension_days", "efk_retention_days"),
        ("efk_sise", "efk_size"),
        ("ekf_retention_days", "efk_retention_days"),
        ("plattform_domain", "platform_domain"),
        ("flask_image_tag", "flask_app_image_tag"),
        ("efk_size_hand", "efk_size_by_hand"),
        ("settle_timeuot", "settle_timeout"),
        ("monitoring-slos", "monitoring_slos"),
        ("argocdRepoUrl", "argocd_repo_url"),
        ("ingress_allowed_cidr", "ingress_allowed_cidrs"),
        ("cluster_zone", "cluster_zones"),
    ],
)
def test_a_typo_is_refused(name: str, meant: str) -> None:
    (problem,) = refused(name)
    assert problem.startswith(f"{name} is not a setting of Landfall: did you mean {meant}?")
    assert "platform_own_variables" in problem


@pytest.mark.parametrize(
    "name",
    [
        *("hosts_entries", "ingress_nginx_enabled", "monitoring_team", "ingress_domain", "platform_env"),
        *("hosts_allow_from", "eks_enabled", "efs_size", "team_domain", "host_name", "domain", "efk", "groups"),
        *("_efk_sise", "__efk_private"),
    ],
)
def test_a_name_of_ones_own_is_left_alone(name: str) -> None:
    assert refused(name) == []


@pytest.mark.parametrize("own", ["hosts_name", "hosts_*", "hosts_n*"])
def test_what_is_listed_as_ones_own_may_be_as_close_as_it_likes(own: str) -> None:
    assert refused("hosts_name") != []
    assert refused("hosts_name", own=(own,)) == []
    assert refused("hosts_nam", "efk_sise", own=("hosts_name",)) != []
    assert subject.left_alone(["hosts_name", "hosts_entries"], SETTINGS, SETTINGS, (own,)) == (
        ["hosts_entries"] if own != "hosts_*" else []
    )


def test_names_that_the_roles_compute_are_no_typos() -> None:
    computed = specs.computed_names(Path(__file__).parents[3] / "roles")
    assert subject.problems(computed, {*SETTINGS, *computed}, SETTINGS, ()) == []
