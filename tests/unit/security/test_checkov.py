"""What checkov says of all that is rolled out or built from here, and that it would say something."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.unit.aws.shapes import APART, BOTH, MATRIX, access, made

ROOT = Path(__file__).parents[3]
CHECKOV = shutil.which("checkov")
# What image.digest is once the pipeline has written it.
DIGEST = f"image.digest=sha256:{'0' * 64}"

pytestmark = pytest.mark.skipif(CHECKOV is None, reason="not run: checkov is not there (make test-tools)")


def asked(framework, folder):
    """Return how many checks passed, and the failed ones as (check, file, resource)."""
    command = [CHECKOV, "--config-file", "tests/checkov.yml", "--framework", framework, "--directory", str(folder)]
    run = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)
    report = json.loads(run.stdout)
    failed = {(each["check_id"], each["file_path"], each["resource"]) for each in report["results"]["failed_checks"]}
    return report["summary"]["passed"], failed


def written(folder, **templates):
    for name, template in templates.items():
        (folder / f"{name}.json").write_text(json.dumps(template))
    return folder


def chart(folder, *values):
    sets = [word for value in values for word in ("--set", value)]
    command = ["helm", "template", "flask-app", ROOT / "app" / "chart", "--skip-tests", *sets]
    (folder / "chart.yaml").write_text(subprocess.check_output(command, text=True))
    return folder


def test_the_clusters_templates(tmp_path):
    variants = {f"other-{number}": made(**other) for number, other in enumerate(MATRIX + APART)}
    templates = {"usual": made(node_groups=BOTH), "access": access(""), **variants}
    passed, failed = asked("cloudformation", written(tmp_path, **templates))
    print(f"checkov: {len(templates)} templates, {passed} checks passed, {len(failed)} failed")
    assert passed > 40 * len(templates)
    assert not failed


@pytest.mark.parametrize(
    ("check", "resource", "field", "value"),
    [
        ("CKV_AWS_58", "Cluster", "EncryptionConfig", []),
        ("CKV_AWS_7", "Key", "EnableKeyRotation", False),
        ("CKV_AWS_66", "ClusterLogGroup", "RetentionInDays", None),
    ],
)
def test_a_template_that_breaks_a_rule_is_found(tmp_path, check, resource, field, value):
    broken = made()
    broken["Resources"][resource]["Properties"][field] = value
    _, failed = asked("cloudformation", written(tmp_path, broken=broken))
    assert {each[0] for each in failed} == {check}


def test_the_chart(tmp_path):
    passed, failed = asked("kubernetes", chart(tmp_path, DIGEST))
    assert passed > 80
    assert not failed


def test_a_chart_that_breaks_a_rule_is_found(tmp_path):
    _, failed = asked("kubernetes", chart(tmp_path, "networkPolicy.enabled=false"))
    assert {each[0] for each in failed} == {"CKV2_K8S_6", "CKV_K8S_43"}


def test_the_image(tmp_path):
    shutil.copy(ROOT / "Dockerfile", tmp_path)
    passed, failed = asked("dockerfile", tmp_path)
    assert passed > 50
    assert not failed
    broken = (ROOT / "Dockerfile").read_text().replace("USER ", "# USER ")
    (tmp_path / "Dockerfile").write_text(broken)
    assert {each[0] for each in asked("dockerfile", tmp_path)[1]} == {"CKV_DOCKER_3"}
