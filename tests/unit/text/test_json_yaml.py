"""Values reach Helm as they were written, whatever YAML would take them for."""

import datetime
import json

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ansible_collections.landfall.eks.plugins.module_utils.text import json_yaml
from tests.helm_values import EXACT, TEXTS, kinds, needs_helm, through_helm

texts = st.sampled_from(TEXTS) | st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40)
numbers = st.integers(-EXACT, EXACT) | st.floats(allow_nan=False, allow_infinity=False)
trees = st.recursive(
    texts | numbers | st.booleans() | st.none(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(texts.filter(lambda key: len(key) < 1000), inner, max_size=4)
    ),
    max_leaves=12,
)


@needs_helm
@settings(
    max_examples=6,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(st.lists(trees, min_size=40, max_size=60))
def test_what_is_written_arrives_in_helm(documents: list[object]) -> None:
    assert kinds(through_helm(json_yaml.dump({"told": documents}))["told"]) == kinds(documents)


@needs_helm
def test_every_awkward_text_arrives_in_helm_as_a_value_and_as_a_key() -> None:
    keys = {text: "here" for text in TEXTS if len(text) < 1000}
    assert through_helm(json_yaml.dump({"told": [*TEXTS, keys]}))["told"] == [*TEXTS, keys]


@given(trees)
def test_it_is_json_and_the_same_yaml(tree: object) -> None:
    written = json_yaml.dump(tree)
    assert kinds(json.loads(written)) == kinds(tree)
    assert "\n" not in written


@pytest.mark.parametrize("text", TEXTS)
def test_pyyaml_reads_the_same(text: str) -> None:
    assert yaml.safe_load(json_yaml.dump({"told": text})) == {"told": text}


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (datetime.date(2026, 11, 30), TypeError),
        (float("nan"), ValueError),
        (float("inf"), ValueError),
        (b"a", TypeError),
    ],
)
def test_what_json_does_not_have_is_refused(value: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        json_yaml.dump({"told": value})
