"""The edit alone: two leaves change, every other byte stays, and what cannot be edited so is refused."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.landfall.eks.plugins.module_utils.kube.documents import documents
from bump import main
from delivery.errors import DeliveryError
from delivery.values import TAG, Image, image_of, set_image, usable
from tests.helm_values import TEXTS
from tests.unit.ci.remote import DIGEST, ROOT, TEXT

CHART_VALUES = ROOT / "app" / "chart" / "values.yaml"
IMAGE = Image("1.2.3-0a1b2c3", DIGEST)


def test_only_tag_and_digest_change() -> None:
    after = set_image(TEXT, IMAGE)
    assert after == TEXT.replace('tag: ""', f'tag: "{IMAGE.tag}"').replace("digest: ''", f'digest: "{DIGEST}"')
    assert set_image(after, IMAGE) == after
    assert image_of(after) == IMAGE


def test_the_charts_own_values_but_for_two_lines() -> None:
    before, after = CHART_VALUES.read_text(), set_image(CHART_VALUES.read_text(), IMAGE)
    changed = [line for line in zip(before.splitlines(), after.splitlines(), strict=True) if line[0] != line[1]]
    assert len(changed) == 2
    image = yaml.safe_load(before)["image"] | {"tag": IMAGE.tag, "digest": DIGEST}
    assert yaml.safe_load(after) == yaml.safe_load(before) | {"image": image}


@pytest.mark.parametrize("tag", [text for text in TEXTS if TAG.fullmatch(text)])
def test_helm_reads_the_tag_that_was_built(tag: str) -> None:
    after = set_image(CHART_VALUES.read_text(), Image(tag, DIGEST))
    assert image_of(after).tag == tag
    (read,) = documents(after)
    assert read["image"]["tag"] == tag


@given(st.text(alphabet="ab: \"'#é𝄞-", max_size=12), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_whatever_stands_around_stays(note: str, end: str, turned: bool) -> None:
    keys = [f"tag: '' #{note}", f'digest: "old"   # {note}']
    lines = [f"# {note}", "image:", *(f"    {key}" for key in (reversed(keys) if turned else keys)), "x: 'é'", ""]
    before = end.join(lines)
    after = set_image(before, IMAGE)
    assert after == before.replace("tag: ''", f'tag: "{IMAGE.tag}"').replace('"old"', f'"{DIGEST}"')


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The values have no image.tag"),
        ("image: 3", "The values have no image.tag"),
        ("image: {tag: x}", "The values have no image.digest"),
        ("image:\n  tag:\n  digest: x\n", "The values have no image.tag"),
        ("- image", "The values have no image.tag"),
        ("image: {tag: x", "cannot be read as YAML"),
        ("image: {tag: x}\n---\nimage: {}\n", "cannot be read as YAML"),
        ("image: {tag: a, tag: b, digest: c}", "would change other values"),
        ("x: &t one\nimage:\n  tag: *t\n  digest: c\n", "would change other values"),
        ("image:\n  tag: &t one\n  digest: c\nx: *t\n", "would change other values"),
    ],
)
def test_values_that_cannot_be_edited(text: str, sentence: str) -> None:
    with pytest.raises(DeliveryError, match=sentence):
        set_image(text, IMAGE)


@pytest.mark.parametrize(
    ("tag", "digest", "sentence"),
    [
        ("latest", DIGEST, "--tag is 'latest'"),
        ("a b", DIGEST, "--tag is 'a b'"),
        ('1"\n', DIGEST, "--tag is"),
        ("1.2.3", "sha256:12", "--digest is 'sha256:12'"),
        ("1.2.3", "", "--digest is ''"),
    ],
)
def test_unusable_images(tag: str, digest: str, sentence: str) -> None:
    with pytest.raises(DeliveryError, match=sentence):
        usable(Image(tag, digest))


def test_a_file_is_edited_in_place_with_its_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "values.yaml"
    path.write_bytes(TEXT.replace("\n", "\r\n").encode())
    assert main(["--tag", "1.2.3", "--digest", DIGEST, "--values", str(path)]) == 0
    after = path.read_bytes()
    assert after.count(b"\r\n") == after.count(b"\n") == TEXT.count("\n")
    assert image_of(after.decode()) == Image("1.2.3", DIGEST)


def test_a_dry_run_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "values.yaml"
    path.write_text(TEXT)
    assert main(["--tag", "1.2.3", "--digest", DIGEST, "--values", str(path), "--dry-run"]) == 0
    assert path.read_text() == TEXT
    assert 'tag: "1.2.3"' in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments", [["--tag", "1"], ["--tag", "1", "--revert"], ["--digest", DIGEST], ["--tag", "1", "--what"]]
)
def test_wrong_use_ends_with_two(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
