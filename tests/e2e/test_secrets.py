"""No secret where none belongs: every generated value is searched for in all that a rollout leaves and shows."""

import base64
import json
import re
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from tests.e2e import rotating
from tests.e2e.chain import needs as chain_needs
from tests.e2e.machine import ROOT, Machine, until
from tests.e2e.secrets_rollout import LOUD, RECEIVERS, ROLE, USER, Rollout, leaks, receivers_secrets
from tools import cluster_role

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def rollout(tmp_path_factory):
    rollout = Rollout(tmp_path_factory.mktemp("secrets"))
    rollout.play("playbooks/local_cluster.yml -e local_cluster_audit=true")
    try:
        rollout.log_in()
        with rollout.sampler:
            rollout.said = rollout.play(f"site.yml {LOUD} -e @{rollout.pager}", log=rollout.log)
            # A control: one process with an argument that is looked for below.
            subprocess.run([sys.executable, "-c", "import time; time.sleep(1)", "seen-as-an-argument"], check=True)
        yield rollout
    finally:
        rollout.play("playbooks/local_cluster.yml -e local_cluster_state=absent")


@pytest.fixture(scope="module")
def needles(rollout):
    return rollout.needles()


def test_every_kind_of_value_is_searched_for(needles):
    names = " ".join(needles)
    for part in (
        "landfall-system/landfall-ca tls.key 0",
        "landfall-system/argocd-admin password",
        "landfall-system/argocd-admin password_bcrypt",
        "argocd/argocd-secret server.secretkey",
        "argocd/argocd-webhook github",
        "monitoring/grafana-admin admin-password",
        "logging/elasticsearch-setup curlrc",
        "ingress/ingress-tls tls.key 1",
        "the elastic user",
        "the environment's token",
        "the proxy's password",
        *RECEIVERS,
    ):
        assert part in names
    assert min(len(value) for value in needles.values()) >= 24


def test_no_value_is_where_it_does_not_belong(rollout, needles):
    assert leaks(rollout.places(), needles) == []


def test_the_search_would_have_found_one(rollout, needles):
    """The controls: each kind of place was looked at, and a value in it is found."""
    assert rollout.log.stat().st_size > 0
    (rollout.folder / "planted.log").write_text(f"ok: {needles['monitoring/grafana-admin admin-password 0']}\n")
    (found,) = [each for each in leaks(rollout.places(), needles) if "in base64" not in each and "landfall" not in each]
    assert found == f"monitoring/grafana-admin admin-password 0 in {rollout.folder}/planted.log"
    (rollout.folder / "planted.log").unlink()
    assert any("seen-as-an-argument" in each for each in rollout.sampler.arguments)
    assert any("helm" in each and "grafana" not in each for each in rollout.sampler.arguments)
    assert any(rollout.state / "run" in path.parents for path in rollout.sampler.files)
    assert any("grafana.example.org" in text for text in rollout.releases().values())
    assert "module_args" in rollout.said
    assert "alertmanager.yaml: VALUE_SPECIFIED_IN_NO_LOG_PARAMETER" in rollout.said
    # What is looked for did reach the one place where it belongs.
    (config,) = rollout.alertmanager_configs()
    assert [name for name, value in receivers_secrets().items() if value not in config] == []


def test_playbook_shows_them_on_the_screen_and_in_no_log(rollout, needles):
    log = rollout.folder / "shown.log"
    said = rollout.play(f"playbooks/credentials.yml {LOUD}", log=log)
    assert leaks([("log", log.read_text())], needles) == []
    assert "Show the credentials" in log.read_text()
    for service, name in (
        ("Grafana", "monitoring/grafana-admin admin-password 0"),
        ("Argo CD", "landfall-system/argocd-admin password 0"),
        ("Kibana, Elasticsearch", "the elastic user 0"),
    ):
        (line,) = [each for each in said.splitlines() if needles[name] in each]
        assert line.startswith(service)
        assert "https://" in line
    # Passwords alone: no key, no hash.
    assert [each for each in leaks([("said", said)], needles) if "tls.key" in each or "bcrypt" in each] == []
    assert "update-ca-certificates" in said


def test_file_is_private_and_vault_opens_it(rollout, needles):
    plain, vault, word = (rollout.folder / name for name in ("plain.yml", "vault.yml", "word"))
    word.write_text("open sesame\n")
    log = rollout.folder / "file.log"
    said = rollout.play(f"playbooks/credentials.yml {LOUD} -e credentials_file={plain}", log=log)
    said += rollout.play(
        f"playbooks/credentials.yml {LOUD} -e credentials_file={vault} -e credentials_vault_password_file={word}",
        log=log,
    )
    assert leaks([("said", said), ("log", log.read_text()), ("vault", vault.read_text())], needles) == []
    assert {stat.S_IMODE(each.stat().st_mode) for each in (plain, vault)} == {0o600}
    opened = subprocess.run(
        [Path(sys.executable).parent / "ansible-vault", "view", "--vault-password-file", word, vault],
        capture_output=True,
        check=True,
    )
    assert opened.stdout == plain.read_bytes()
    passwords = {each["password"] for each in yaml.safe_load(plain.read_text())["credentials"]}
    assert needles["the elastic user 0"] in passwords
    plain.unlink()


def test_file_for_an_age_recipient(rollout, needles):
    pyrage = pytest.importorskip("pyrage")
    file, reader = rollout.folder / "all.age", pyrage.x25519.Identity.generate()
    rollout.play(
        f"playbooks/credentials.yml -e credentials_file={file} -e credentials_age_recipient={reader.to_public()}"
    )
    assert leaks([("file", file.read_text())], needles) == []
    opened = yaml.safe_load(pyrage.decrypt(file.read_bytes(), [reader]))
    assert needles["the elastic user 0"] in {each["password"] for each in opened["credentials"]}


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ("credentials_vault_password_file={folder}/word credentials_age_recipient=age1x", "are both set"),
        ("credentials_file={folder}/missing/file", "is no folder: make it, or write another path"),
        ("credentials_file={folder}/new credentials_vault_password_file={folder}/none", "which gives no password"),
        ("credentials_flie={folder}/new", "did you mean credentials_file?"),
        ("platform_namespace=landfall-sytsem", "has no credentials in namespace landfall-sytsem"),
    ],
)
def test_wrong_settings_are_refused_and_show_nothing(rollout, needles, settings, sentence):
    before = sorted(rollout.folder.iterdir())
    extra = " ".join(f"-e {each}" for each in settings.format(folder=rollout.folder).split())
    said = rollout.play(f"playbooks/credentials.yml {extra}", fails=True)
    assert sentence in said
    assert leaks([("said", said)], needles) == []
    assert sorted(rollout.folder.iterdir()) == before


def test_check_mode_writes_nothing(rollout):
    file = rollout.folder / "planned.yml"
    assert f"would be in {file}" in rollout.play(f"playbooks/credentials.yml --check -e credentials_file={file}")
    assert not file.exists()


def test_lost_certificate_is_exported_again(rollout):
    file = rollout.state / "ca.crt"
    before = file.read_bytes()
    file.unlink()
    rollout.play("playbooks/credentials.yml")
    assert file.read_bytes() == before
    assert stat.S_IMODE(file.stat().st_mode) == 0o644


def test_second_run_keeps_them(rollout):
    before = rollout.generated()
    said = rollout.play(f"site.yml -e @{rollout.pager}")
    assert "changed=0 " in said
    assert rollout.generated() == before
    # That all of them are kept was found out with everything else.
    assert said.count("Keep the credentials in the cluster") == 0


@pytest.fixture(scope="module")
def argocd(rollout):
    """Argo CD's own server, reading what the rollout made."""
    if reason := rotating.reason_not_to_run():
        pytest.skip(reason)
    server = rotating.Server(Machine(rollout.state), chain_needs.argocd())
    try:
        server.start()
        yield server
    finally:
        server.stop()


def rotate(rollout, names, **how):
    """Rotate as loudly as it goes, and look that nothing secret, old or new, was said or logged."""
    log = rollout.folder / "rotate.log"
    before = rollout.needles()
    said = rollout.play(f"playbooks/rotate.yml {LOUD} -e rotate={names} {how.pop('more', '')}", log=log, **how)
    after = {f"new {name}": value for name, value in rollout.needles().items()}
    assert leaks([("said", said), ("log", log.read_text())], before | after) == []
    log.unlink()
    # Long sentences are folded.
    return " ".join(said.split())


def test_ages_are_shown_and_nothing_is_changed(rollout, needles):
    before = rollout.generated()
    said = rollout.play(f"playbooks/rotate.yml {LOUD}")
    assert "changed=0 " in said
    assert leaks([("said", said)], needles) == []
    for name, kind in (("argocd-admin", "password"), ("kibana-tls", "certificate"), ("landfall-ca", "authority")):
        assert re.search(rf"^ *- '?{name} +{kind} +0 d", said, re.MULTILINE), name
    assert "GitHub is refused until it has the new one" in said
    assert "changed=1 " in rollout.play("playbooks/rotate.yml --check -e rotate=grafana-tls,argocd-admin")
    said = rollout.play("playbooks/rotate.yml -e rotate=argo-admin", fails=True)
    assert "rotate names argo-admin, which does not exist: did you mean argocd-admin? There are " in said
    assert "did you mean rotate_older_than?" in rollout.play("playbooks/rotate.yml -e rotate_oldr_than=3", fails=True)
    assert rollout.generated() == before


def test_old_password_ends_at_argo_cd_itself(rollout, argocd):
    old = argocd.admin_password()
    session = argocd.log_in(old)
    assert session, "control: the old password is right"
    pipeline = argocd.account_token(session, "pipeline")
    assert argocd.lets_in(session)
    assert argocd.lets_in(pipeline)
    # The token's time is in whole seconds, and so is the password's.
    time.sleep(1.1)
    said = rotate(rollout, "argocd-admin")
    assert "argocd-admin: rotated." in said
    new = argocd.admin_password()
    assert new != old
    until(lambda: argocd.log_in(new), 60, "the new password opens Argo CD")
    assert not argocd.log_in(old), "the old password is refused"
    assert not argocd.lets_in(session), "a session that the old password had begun is ended"
    assert argocd.lets_in(pipeline), "other accounts' tokens stay"
    assert argocd.lets_in(argocd.log_in(new))


def test_certificate_is_exchanged_under_an_open_connection(rollout, argocd):
    authority = (rollout.state / "ca.crt").read_text()
    before = argocd.serial(authority, "argocd.example.org")
    open_one = argocd.connect()
    assert argocd.ask("GET", "/healthz", connection=open_one)[0] == 200
    socket = open_one.sock
    rotate(rollout, "argocd-server-tls")
    until(lambda: argocd.serial(authority, "argocd.example.org") != before, 60, "new connections get the new one")
    assert argocd.ask("GET", "/healthz", connection=open_one)[0] == 200
    assert open_one.sock is socket, "control: it is still the connection of before"
    assert argocd.processes["argocd-server"].poll() is None


def test_authority_is_exchanged_with_an_overlap(rollout):
    file = rollout.state / "ca.crt"
    old = file.read_text()
    assert "signs nothing yet" in rotate(rollout, "landfall-ca")
    both = file.read_text()
    assert both.startswith(old)
    assert both.count("BEGIN CERTIFICATE") == 2
    assert "changed=0 " in rollout.play(f"site.yml -e @{rollout.pager}")
    assert "all certificates are signed by the next certificate authority" in rotate(rollout, "landfall-ca")
    assert file.read_text() == both.removeprefix(old)
    delivered = [
        each["data"]["ca.crt"]
        for each in rollout.objects("secrets", "landfall.eks/credential")
        if "ca.crt" in each.get("data", {})
    ]
    assert len(delivered) >= 4
    assert {base64.b64decode(each).decode() for each in delivered} == {file.read_text()}


def test_readers_are_replaced_and_the_next_run_changes_nothing(rollout):
    rotate(rollout, "elasticsearch-fluent-bit,argocd-redis,argocd-webhook")
    (shipper,) = [each for each in rollout.objects("daemonsets") if each["metadata"]["name"] == "fluent-bit"]
    assert "landfall.eks/rotated-elasticsearch-fluent-bit" in shipper["spec"]["template"]["metadata"]["annotations"]
    leases = rollout.objects("leases", "landfall.eks/expires")
    assert {"expires-landfall-ca", "expires-kibana-tls", "expires-argocd-server-tls"} <= {
        each["metadata"]["name"] for each in leases
    }
    before = rollout.generated()
    assert "changed=0 " in rollout.play(f"site.yml -e @{rollout.pager}")
    assert rollout.generated() == before


NOT_HERE = {"local_cluster", "cluster"}
"""What makes a cluster; tests/unit/aws has the one that makes it at AWS."""
LAST = "uninstall"
CERTAIN = {
    "credentials": "-e credentials_file={folder}/all.yml -e credentials_vault_password_file={folder}/word",
    "drift": "-e drift_repair=true",
    "rollback": "-e rollback_to=1",
    "rotate": "-e rotate=elasticsearch-fluent-bit,argocd-redis",
    "site": "-e @{folder}/pager.yml",
    "verify": "-e verify_alerts=true",
}
"""What a verb needs to do its work; the credentials go into a file, since they belong on the screen otherwise."""


def verbs():
    """Return all other playbooks: a new one is searched too, unless it is named above."""
    return sorted({path.stem for path in ROOT.glob("playbooks/*.yml")} - NOT_HERE - {LAST})


@pytest.mark.parametrize("verb", verbs())
def test_no_verb_shows_or_leaves_one(rollout, verb):
    (rollout.folder / "word").write_text("open sesame\n")
    words = CERTAIN.get(verb, "").format(folder=rollout.folder)
    assert rollout.search(f"playbooks/{verb}.yml {words}") == []


def test_a_run_that_fails_shows_and_leaves_none(rollout):
    broken = rollout.folder / "broken.json"
    broken.write_text(json.dumps({"efk_fluent_bit_values": {"podAnnotations": {"no key": "x"}}}))
    assert rollout.search(f"site.yml -e @{rollout.pager} -e @{broken}", fails=True) == []
    kept = [path.name for path in rollout.state.glob("evidence/*/logging.fluent-bit/*")]
    assert {"cause.txt", "events.yml", "manifest.yml", "pods.yml"} <= {*kept}
    assert "changed=0 " in rollout.play(f"site.yml -e @{rollout.pager}")


def test_a_cache_of_facts_has_none(rollout):
    rollout.environment |= {
        "ANSIBLE_CACHE_PLUGIN": "jsonfile",
        "ANSIBLE_CACHE_PLUGIN_CONNECTION": f"{rollout.folder}/facts",
    }
    assert rollout.search("playbooks/status.yml") == []


def test_uninstalling_keeps_them_with_the_volumes(rollout):
    before = rollout.generated()
    assert rollout.search("playbooks/uninstall.yml") == []
    assert rollout.searched >= {*verbs(), LAST}
    claims = {each["metadata"]["uid"] for each in rollout.objects("persistentvolumeclaims")}
    assert claims
    rollout.play(f"site.yml -e @{rollout.pager}")
    assert claims <= {each["metadata"]["uid"] for each in rollout.objects("persistentvolumeclaims")}
    after = rollout.generated()
    # The certificate of Argo CD names its load balancer, which is a new one; tokens are Argo CD's own and go with it.
    assert {name for name in before if after.get(name) != before[name]} <= {
        "argocd/argocd-secret accounts.pipeline.tokens",
        "landfall-system/argocd-server-tls tls.key",
        "argocd/argocd-server-tls tls.key",
    }


def test_the_clusterrole_that_is_shipped_was_enough_and_has_nothing_to_spare(rollout):
    """Everything above was done by a user who has that role alone."""
    rollout.play("playbooks/uninstall.yml -e uninstall_delete=volumes,addresses,definitions,credentials")
    logs = sorted((rollout.state / "cluster").glob("audit*.log"))
    assert sum(each.stat().st_size for each in logs) > 10**6, "control: there is a log"
    events = [each for each in cluster_role.events(logs) if each["user"]["username"] == USER]
    refused = [
        each["requestURI"]
        for each in events
        if each.get("annotations", {}).get("authorization.k8s.io/decision") == "forbid"
    ]
    assert refused == []
    role = yaml.safe_load(ROLE.read_text())
    assert cluster_role.differences(role, cluster_role.asked(events)) == []
    # The control: without one of its rules the comparison says so.
    less = {**role, "rules": role["rules"][1:]}
    assert cluster_role.differences(less, cluster_role.asked(events)) != []
