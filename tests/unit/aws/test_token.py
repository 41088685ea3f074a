"""The credential of a cluster's kubeconfig: signed for that cluster alone, and asked for anew when it has ended."""

import base64
import copy
import datetime
import hashlib
import hmac
import json
import shutil
import subprocess
import sys
import urllib.parse

import pytest
import yaml

from ansible_collections.landfall.eks.plugins.module_utils.aws import session, token
from ansible_collections.landfall.eks.plugins.module_utils.eks import clusters
from ansible_collections.landfall.eks.plugins.module_utils.kube import client
from tests.unit.aws.api_stub import serving

NAME, REGION, SECRET = "my-cluster", "eu-central-1", "testing"
ENDED = """#!{python}
import json, pathlib, subprocess, sys
with open({calls!r}, "a") as file:
    file.write("asked\\n")
done = subprocess.run([sys.executable, *sys.argv[1:]], check=True, capture_output=True, text=True)
credential = json.loads(done.stdout)
if {ended}:
    credential["status"]["expirationTimestamp"] = "2020-01-01T00:00:00Z"
print(json.dumps(credential))
"""


def url_of(text):
    encoded = text.removeprefix("k8s-aws-v1.")
    return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()


def signature(url, cluster):
    """Work AWS's signature (version 4, in the query) out by hand, as AWS's documentation describes it."""
    parts = urllib.parse.urlsplit(url)
    query = dict(urllib.parse.parse_qsl(parts.query))
    given = query.pop("X-Amz-Signature")
    canonical_query = "&".join(f"{key}={urllib.parse.quote(query[key], safe='-_.~')}" for key in sorted(query))
    headers = f"host:{parts.netloc}\nx-k8s-aws-id:{cluster}\n"
    empty = hashlib.sha256(b"").hexdigest()
    request = "\n".join(["GET", parts.path, canonical_query, headers, "host;x-k8s-aws-id", empty])
    scope = query["X-Amz-Credential"].split("/", 1)[1]
    digest = hashlib.sha256(request.encode()).hexdigest()
    text = "\n".join(["AWS4-HMAC-SHA256", query["X-Amz-Date"], scope, digest])
    key = f"AWS4{SECRET}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return given, hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def test_form_and_end():
    made = token.credential(session.Session(REGION), NAME)
    assert (made["apiVersion"], made["kind"]) == ("client.authentication.k8s.io/v1", "ExecCredential")
    assert made["status"]["token"].startswith("k8s-aws-v1.")
    assert "=" not in made["status"]["token"]
    ends = datetime.datetime.fromisoformat(made["status"]["expirationTimestamp"])
    left = ends - datetime.datetime.now(datetime.UTC)
    assert datetime.timedelta(minutes=10) < left <= datetime.timedelta(minutes=14)


def test_url_is_one_of_aws_itself():
    """AWS_ENDPOINT_URL leads everything else of these tests to the simulated AWS."""
    parts = urllib.parse.urlsplit(url_of(token.credential(session.Session(REGION), NAME)["status"]["token"]))
    query = urllib.parse.parse_qs(parts.query)
    assert (parts.scheme, parts.netloc) == ("https", f"sts.{REGION}.amazonaws.com")
    assert query["Action"] == ["GetCallerIdentity"]
    assert query["X-Amz-Expires"] == ["60"]
    assert query["X-Amz-SignedHeaders"] == ["host;x-k8s-aws-id"]


def test_it_is_signed_for_one_cluster_alone():
    url = token.presigned(session.Session(REGION), NAME)
    given, worked_out = signature(url, NAME)
    assert given == worked_out
    assert given != signature(url, "another-cluster")[1]


def run(arguments, **environment):
    spec = token.command(*arguments)
    given = {each["name"]: each["value"] for each in spec["env"]} | environment
    return subprocess.run([spec["command"], *spec["args"]], check=False, capture_output=True, text=True, env=given)


def test_the_command_needs_nothing_of_the_folder_or_the_shell(moto_server, tmp_path):
    keys = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": SECRET}
    done = run((NAME, REGION), **keys)
    assert done.returncode == 0, done.stderr
    assert url_of(json.loads(done.stdout)["status"]["token"]).startswith("https://sts.eu-central-1.amazonaws.com/")


def test_roles_are_taken_on_in_their_order(moto_server):
    roles = ("arn:aws:iam::111122223333:role/first", "arn:aws:iam::444455556666:role/second")
    done = run(
        (NAME, REGION, "", roles),
        AWS_ENDPOINT_URL=moto_server,
        AWS_ACCESS_KEY_ID="testing",
        AWS_SECRET_ACCESS_KEY="testing",
    )
    assert done.returncode == 0, done.stderr
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(url_of(json.loads(done.stdout)["status"]["token"])).query)
    assert query["X-Amz-Credential"][0].startswith("ASIA"), "keys of a role, and not those of the shell"
    assert query["X-Amz-Security-Token"]


def test_without_rights_it_says_so_in_one_sentence(tmp_path):
    done = run((NAME, REGION, "no-such-profile"), AWS_CONFIG_FILE=str(tmp_path / "none"))
    assert done.returncode == 1
    assert not done.stdout
    assert "no-such-profile" in done.stderr
    assert "Traceback" not in done.stderr


def test_no_secret_is_in_the_kubeconfig():
    content = json.dumps(token.command(NAME, REGION, "profile", ("arn:aws:iam::111122223333:role/first",)))
    assert "testing" not in content
    assert "k8s-aws-v1" not in content
    assert token.command(NAME, REGION)["command"] == sys.executable


@pytest.fixture
def stub(tmp_path):
    with serving(tmp_path) as (server, said):
        facts = {"name": NAME, "region": REGION, **said}
        yield server, clusters.kubeconfig(facts, clusters.Access())


def run_program(name, kubeconfig, folder, *words):
    program = shutil.which(name)
    if not program:
        pytest.skip(f"{name} is not there: make tools")
    path = folder / "kubeconfig"
    path.write_text(yaml.safe_dump(kubeconfig))
    return subprocess.run(
        [program, "--kubeconfig", path, *words], check=False, capture_output=True, text=True, cwd=folder
    )


def kubectl(kubeconfig, folder):
    return run_program("kubectl", kubeconfig, folder, "get", "--raw", "/version")


def test_kubectl_uses_it(stub, tmp_path):
    server, kubeconfig = stub
    done = kubectl(kubeconfig, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "v1.35.4-stub" in done.stdout
    assert f"sts.{REGION}.amazonaws.com" in url_of(server.tokens[-1])


def test_helm_uses_it(stub, tmp_path):
    """What it then reads, the stub has not; that is said by Helm and does not matter here."""
    server, kubeconfig = stub
    run_program("helm", kubeconfig, tmp_path, "list")
    assert f"sts.{REGION}.amazonaws.com" in url_of(server.tokens[-1])


def test_kubectl_gets_nowhere_without_it(stub, tmp_path):
    """The control: the stub asks for the token, and the authority is looked at."""
    server, kubeconfig = stub
    without = copy.deepcopy(kubeconfig)
    without["users"][0]["user"] = {}
    assert kubectl(without, tmp_path).returncode != 0
    assert not server.tokens or not server.tokens[-1].startswith("k8s-aws-v1.")
    strange = copy.deepcopy(kubeconfig)
    del strange["clusters"][0]["cluster"]["certificate-authority-data"]
    assert "certificate" in kubectl(strange, tmp_path).stderr


@pytest.mark.parametrize(("ended", "asked"), [(True, 3), (False, 1)])
def test_a_client_that_lives_on_asks_again_when_the_token_has_ended(stub, tmp_path, ended, asked):
    server, kubeconfig = stub
    calls, wrapper = tmp_path / "calls", tmp_path / "wrapper"
    wrapper.write_text(ENDED.format(python=sys.executable, calls=str(calls), ended=ended))
    wrapper.chmod(0o700)
    kubeconfig["users"][0]["user"]["exec"]["command"] = str(wrapper)
    cluster = client.Cluster(client.client_from({"kubeconfig": kubeconfig}))
    for _ in range(2):
        assert cluster.request("GET", "/version")["gitVersion"] == "v1.35.4-stub"
    assert len(calls.read_text().splitlines()) == asked
    assert [each.startswith("k8s-aws-v1.") for each in server.tokens] == [True, True]
