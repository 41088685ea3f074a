"""Rotates credentials by name, each by the way of its backend, and ends what a killed run began."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.credentials import expiry, rotation_ca, store
from ansible_collections.landfall.eks.plugins.module_utils.credentials.ages import read_ages
from ansible_collections.landfall.eks.plugins.module_utils.credentials.ca import Authority
from ansible_collections.landfall.eks.plugins.module_utils.credentials.items import CA_NAME
from ansible_collections.landfall.eks.plugins.module_utils.credentials.plan import Secret, decoded
from ansible_collections.landfall.eks.plugins.module_utils.credentials.rotation_grafana import (
    change_password,
)
from ansible_collections.landfall.eks.plugins.module_utils.credentials.rotation_steps import (
    TOKEN,
    RotationContext,
    RotationError,
    Subject,
    check,
    deliver,
    promote,
    read_again,
    recreate,
    restart,
    stage,
)
from ansible_collections.landfall.eks.plugins.module_utils.text.tables import fitted

COLUMNS = ("Name", "Kind", "Age", "Ends", "Rotating it means")
MEANS_BY_KIND = {
    "authority": "Two runs: the first creates the next certificate authority and makes both trusted, the second moves "
    "all certificates to it. Between them, distribute ca.crt to those who trust it.",
    "certificate": "A new key and certificate for the same names; its readers load it, no connection ends.",
    "provided": "It comes from elsewhere (platform_tls_source): renew it there, then run site.yml.",
    "issued": "cert-manager renews it by itself.",
    "fixed": "It is yours: change it in your settings, and run site.yml.",
}
NOT_KNOWN = "Run site.yml first, which notes how."

Row = dict[str, Any]


def read_subjects(context: RotationContext) -> dict[str, Subject]:
    """Return all credentials that say how they are rotated, by name."""
    originals = [each for each in store.read(context.cluster) if each["metadata"]["namespace"] == context.home]
    return {subject.name: subject for each in originals for subject in _subjects(each)}


def _subjects(original: Secret) -> list[Subject]:
    """Return what is rotated of an original: its password, and the token beside it if that has a name."""
    subject = Subject.read(original)
    return [each for each in (subject, subject and subject.token) if each]


def rows(context: RotationContext) -> list[Row]:
    """Return the rows of `ages`, each with `age` in whole days, what rotating `means`, and whether it is `unfinished`.

    `rotatable` tells whether it can be named, `by_hand` whether a person has to do something elsewhere too.
    """
    subjects = read_subjects(context)
    authority = _moving(context)
    ages = read_ages(context.cluster, context.home, context.now)
    return [
        row
        | {
            "age": (context.now - datetime.fromisoformat(row["made"]).astimezone(UTC)).days if row["made"] else None,
            "means": _means(row, subjects.get(row["name"])),
            "rotatable": _is_rotatable(row, subjects.get(row["name"])),
            "by_hand": row["kind"] == "authority" or bool(_how(subjects.get(row["name"])).get("by_hand")),
            "unfinished": authority if row["kind"] == "authority" else _is_staged(subjects.get(row["name"])),
        }
        for row in [*ages, *_tokens(subjects, ages)]
    ]


def _tokens(subjects: Mapping[str, Subject], ages: Sequence[Row]) -> Iterator[Row]:
    """Yield the row of each token, which has no original of its own."""
    beside = {row["name"]: row for row in ages}
    for name, subject in subjects.items():
        if subject.parts == TOKEN:
            row = beside[subject.original["metadata"]["name"]]
            yield {**row, "name": name, "kind": "token", "made": subject.data.get("token_created", row["made"])}


def table(found: list[Row]) -> list[str]:
    """Lay the rows out as lines of aligned columns."""
    cells = [
        (
            row["name"],
            row["kind"],
            "" if row["age"] is None else f"{row['age']} d",
            f"in {row['days_left']} d" if row["days_left"] is not None else "",
            ("Its rotation is unfinished: name it to go on. " if row["unfinished"] else "") + row["means"],
        )
        for row in found
    ]
    return fitted(COLUMNS, cells)


def chosen(found: list[Row], names: list[str], older_than: int | None) -> list[str]:
    """Return the names to rotate: those given, and those that are older than so many days and need no person.

    Raises RotationError with a sentence for each name that does not exist or cannot be rotated.
    """
    known = {row["name"]: row for row in found}
    problems = [_problem(name, known) for name in names if name not in known or not known[name]["rotatable"]]
    if problems:
        raise RotationError("\n".join(problems))
    old = [
        row["name"]
        for row in found
        if older_than is not None and row["rotatable"] and not row["by_hand"] and (row["age"] or 0) > older_than
    ]
    return list(dict.fromkeys([*names, *old]))


def rotate(context: RotationContext, names: list[str], cluster: str) -> Iterator[str]:
    """Rotate credentials one after another; yield a sentence on each once it is done.

    `cluster` is the name in the CA's subject. What all of them need is checked before the first is begun.
    Raises RotationError.
    """
    subjects = read_subjects(context)
    for name in names:
        if name in subjects and subjects[name].kind != "certificate":
            check(context, subjects[name])
    for name in names:
        yield _rotate(context, name, subjects.get(name), cluster)
    expiry.keep(context.cluster, store.read(context.cluster), context.home, context.now)


def finish(context: RotationContext, secrets: list[Secret]) -> tuple[list[str], list[str]]:
    """End the rotations that a killed run began, as far as it goes now.

    `secrets` are all that carry the label of a credential. Returns the names that are done, and a sentence for each
    that has to wait.
    """
    originals = [each for each in secrets if each["metadata"]["namespace"] == context.home]
    begun: dict[str, Callable[[], Any]] = {}
    for each in originals:
        begun |= {subject.name: partial(_password, context, subject) for subject in _subjects(each) if subject.staged}
        if each["metadata"]["name"] == CA_NAME and (authority := Authority.read(decoded(each))) and authority.moving:
            begun[CA_NAME] = partial(rotation_ca.move, context)
    done, waiting = [], []
    for name, go_on in begun.items():
        try:
            go_on()
            done.append(name)
        except RotationError as error:
            waiting.append(
                f"The rotation of {name} is unfinished: {error} (playbooks/rotate.yml -e rotate={name}; until then "
                "playbooks/credentials.yml shows both passwords)"
            )
    return done, waiting


def _rotate(context: RotationContext, name: str, subject: Subject | None, cluster: str) -> str:
    if name == CA_NAME:
        return _authority(context, cluster)
    if subject is None:
        raise RotationError(f"{name} does not say how it is rotated: run site.yml first, which notes that.")
    if subject.kind == "certificate":
        rotation_ca.renew(context, name)
    elif subject.method == "recreate":
        recreate(context, subject)
    else:
        _password(context, subject)
    by_hand = f" {subject.how['by_hand']}" if subject.how.get("by_hand") else ""
    return f"{name}: rotated.{by_hand}"


def _password(context: RotationContext, subject: Subject) -> None:
    """Old and new are both kept, until everybody uses the new one; done again from anywhere, this ends the same."""
    # What shares its original may have been rotated since.
    subject = read_again(context, subject)
    begun_before = subject.staged
    subject = stage(context, subject)
    if subject.method == "grafana":
        change_password(context, subject, begun_before=begun_before)
    deliver(context, subject)
    restart(context, subject)
    promote(context, read_again(context, subject))


def _authority(context: RotationContext, cluster: str) -> str:
    _unused, authority = rotation_ca.read_authority(context)
    # An interrupted announcement is finished first: the person who runs it again has given ca.crt to nobody yet.
    if not authority.moving and rotation_ca.announce(context, cluster):
        return (
            f"{CA_NAME}: the next certificate authority is made and trusted beside the old one, and signs nothing "
            "yet. Give ca.crt to all who trust the old one, then run this again to move the certificates."
        )
    rotation_ca.move(context)
    return f"{CA_NAME}: all certificates are signed by the next certificate authority, which alone is trusted now."


def _problem(name: str, known: dict[str, Row]) -> str:
    if name in known:
        return f"rotate names {name}, which cannot be rotated here: {known[name]['means']}"
    names = [each for each, row in known.items() if row["rotatable"]]
    near = difflib.get_close_matches(name, names, 1)
    guess = f"did you mean {near[0]}? There are" if near else "there are"
    return f"rotate names {name}, which does not exist: {guess} {', '.join(names)}."


def _how(subject: Subject | None) -> dict[str, Any]:
    return subject.how if subject else {}


def _is_staged(subject: Subject | None) -> bool:
    return bool(subject and subject.staged)


def _is_rotatable(row: Row, subject: Subject | None) -> bool:
    if row["kind"] in {"authority", "certificate"}:
        return row["kind"] == "authority" or subject is not None
    return bool(subject and subject.method)


def _means(row: Row, subject: Subject | None) -> str:
    if row["kind"] in MEANS_BY_KIND and row["kind"] != "certificate":
        return MEANS_BY_KIND[row["kind"]]
    if subject is None:
        return NOT_KNOWN
    return str(subject.how.get("means") or MEANS_BY_KIND.get(row["kind"], "A new one is brought to all its readers."))


def _moving(context: RotationContext) -> bool:
    original = context.cluster.get("v1", "Secret", CA_NAME, context.home)
    authority = Authority.read(decoded(original)) if original else None
    return bool(authority and authority.next)
