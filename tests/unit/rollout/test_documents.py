"""What Helm rendered is read as Kubernetes reads it: plain words are what Go's YAML takes them for."""

import json
import re

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ansible_collections.landfall.eks.plugins.module_utils.kube.documents import documents
from tests.helm_values import EXACT, TEXTS, kinds, needs_helm, through_helm

PLAIN = re.compile(r"[\w.+~=][\w.+~=:-]*\w|[\w.+~=-][\w.+~=]*")
"""Words that need no quotes in any YAML."""
NOT_JSON = re.compile(r"[-+]?\.(inf|nan)", re.IGNORECASE)
FURTHER = (
    "-0.0 .42_4 .4e1_0 .4_ .4__2 0O17 -0x1f 0x1_0 1__0 1_ 1.e3 .5e1 1._5 "
    "._5 1e400 1e22 -_1 Yes yEs t f inf nan +0o7 0b2 08.5 00.5"
)


def is_plain(word: str) -> bool:
    """Whether a word stands for itself, and Helm does not make another number of it."""
    if not PLAIN.fullmatch(word) or NOT_JSON.fullmatch(word) or word in {"...", "-"}:
        return False
    (read,) = documents(f"told: {word}")
    return not isinstance(read["told"], int) or abs(read["told"]) <= EXACT


def read_by_both(words: list[str]) -> tuple[object, object]:
    """Return what Helm and we take plain words for."""
    written = "told:\n" + "".join(f"  - {word}\n" for word in words)
    (ours,) = documents(written)
    return kinds(through_helm(written)["told"]), kinds(ours["told"])


@needs_helm
def test_plain_words_are_what_helm_takes_them_for() -> None:
    helm, ours = read_by_both([*filter(is_plain, [*TEXTS, *FURTHER.split()])])
    assert ours == helm


@needs_helm
@settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(st.lists(st.text("0123456789+-._:eExXoObBaAfFyYnN", min_size=1, max_size=9).filter(is_plain), min_size=60))
def test_so_are_any_other_words(words: list[str]) -> None:
    helm, ours = read_by_both(words)
    assert ours == helm


def test_what_is_read_is_json_and_exact() -> None:
    (read,) = documents("{on: 1, 5432: 2, 1.5: 3, at: 2026-11-30T12:00:00Z, id: 9007199254740993, eq: =, far: 1e400}")
    assert read == {
        "true": 1,
        "5432": 2,
        "1.5": 3,
        "at": "2026-11-30T12:00:00Z",
        "id": 9007199254740993,
        "eq": "=",
        "far": "1e400",
    }
    assert json.loads(json.dumps(read, sort_keys=True)) == read


def test_quoted_words_are_texts() -> None:
    (read,) = documents("".join(f"{json.dumps(str(index))}: '{word}'\n" for index, word in enumerate(FURTHER.split())))
    assert list(read.values()) == FURTHER.split()
