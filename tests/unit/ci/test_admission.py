"""The example of an admission policy, against the keys and types of Kyverno's own definition.

`image_validating_policy.yml` is what `pared` makes of the definition's spec in Kyverno 1.17, the first that has this
version of the kind. Where LANDFALL_UPSTREAM_DIR has a definition (kyverno-<version>/crds/), it judges too.
"""

import copy
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.unit.ci.remote import CI, ROOT
from tests.unit.contracts import upstream

EXAMPLE = ROOT / "docs" / "examples" / "admission" / "signed_images.yml"
KEPT = Path(__file__).with_name("image_validating_policy.yml")
WORDS = {"type", "required", "enum", "oneOf", "anyOf", "additionalProperties", "properties", "items"}


def policy() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(EXAMPLE.read_text())
    return loaded


def spec_schema() -> dict[str, Any]:
    """The keys and types of a policy's spec; unknown keys are refused."""
    loaded: dict[str, Any] = yaml.safe_load(KEPT.read_text())
    return loaded


def pared(schema: Any) -> Any:
    """Return a schema without its prose and its defaults: keys and types."""
    if not isinstance(schema, dict):
        return schema
    made = {word: schema[word] for word in schema if word in WORDS}
    if "properties" in made:
        made["properties"] = {key: pared(each) for key, each in made["properties"].items()}
    for word in ("items", "additionalProperties"):
        if word in made:
            made[word] = pared(made[word])
    for word in ("oneOf", "anyOf"):
        if word in made:
            made[word] = [pared(each) for each in made[word]]
    return made


def test_the_example_is_what_the_definition_allows() -> None:
    jsonschema.validate(policy()["spec"], spec_schema())


def a_misspelt_key(spec: dict[str, Any]) -> None:
    spec["validationAction"] = spec.pop("validationActions")


def another_action(spec: dict[str, Any]) -> None:
    spec["validationActions"] = ["Enforce"]


def an_identity_of_nobody(spec: dict[str, Any]) -> None:
    del spec["attestors"][0]["cosign"]["keyless"]["identities"]


def a_misspelt_identity(spec: dict[str, Any]) -> None:
    spec["attestors"][0]["cosign"]["keyless"]["identities"][0]["subjects"] = "x"


@pytest.mark.parametrize("spoil", [a_misspelt_key, another_action, an_identity_of_nobody, a_misspelt_identity])
def test_a_spoilt_policy_is_refused(spoil: Callable[[dict[str, Any]], None]) -> None:
    spec = copy.deepcopy(policy()["spec"])
    spoil(spec)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(spec, spec_schema())


def lacking(ours: Any, theirs: Any, path: str = "spec") -> list[str]:
    """Where a newer definition has not what an older one has."""
    if not isinstance(ours, dict):
        return [] if ours == theirs else [path]
    if not isinstance(theirs, dict):
        return [path]
    return [each for key, value in ours.items() for each in lacking(value, theirs.get(key), f"{path}.{key}")]


def test_the_keys_and_types_are_those_of_the_definition() -> None:
    found = upstream.schema_of("ImageValidatingPolicy", policy()["apiVersion"])
    if found is None:
        pytest.skip(f"not run: {upstream.FOLDER} has no kyverno-<version>/crds with the ImageValidatingPolicy")
    assert lacking(spec_schema(), pared(found["properties"]["spec"])) == []
    assert upstream.refusals(policy()) == []
    assert lacking(spec_schema(), {}) != [], "control"


def test_the_identity_is_the_one_that_the_pipeline_signs_with() -> None:
    (attestor,) = policy()["spec"]["attestors"]
    (identity,) = attestor["cosign"]["keyless"]["identities"]
    assert f"--certificate-oidc-issuer {identity['issuer']} " in (CI / "verify.sh").read_text()
    found = re.fullmatch(r"https://github\.com/acme/shop/(\.github/workflows/.*)@refs/heads/(\w+)", identity["subject"])
    assert found
    loaded = yaml.safe_load((ROOT / found[1]).read_text())
    assert loaded[True]["push"]["branches"] == [found[2]]
    assert "insecure" not in EXAMPLE.read_text()


def test_no_image_of_a_pod_is_left_out() -> None:
    spec = policy()["spec"]
    assert spec["matchImageReferences"] == [{"glob": "*"}]
    assert "pods/ephemeralcontainers" in spec["matchConstraints"]["resourceRules"][0]["resources"]
    (validation,) = spec["validations"]
    assert all(f"images.{kind}" in validation["expression"] for kind in ("containers", "initContainers"))
    assert "images.ephemeralContainers" in validation["expression"]
    assert spec["validationConfigurations"] == {"mutateDigest": False, "verifyDigest": True, "required": True}
