"""Names in Route 53: an alias and a mark for each, only our own, and gone with the last run that wants them."""

import contextlib
import json

import boto3
import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError, Session
from ansible_collections.landfall.eks.plugins.module_utils.dns import names, records, zones
from ansible_collections.landfall.eks.plugins.modules import dns_records
from tests.fake_cluster import FakeCluster
from tests.unit.aws import network
from tests.unit.aws.stubbed import Stubbed

HOME = "landfall-system"
OWNER = "123456789012/eu-central-1/shop"
MARK = f'"heritage=landfall,landfall.eks/owner={OWNER}"'
GRAFANA, KIBANA = "grafana.example.org", "kibana.example.org"


def make_zone(name="example.org", private=False):
    """Make a hosted zone and return its id."""
    more = {}
    if private:
        vpc = network.make(zones=())["vpc"]
        more = {"VPC": {"VPCRegion": "eu-central-1", "VPCId": vpc}, "HostedZoneConfig": {"PrivateZone": True}}
    client = boto3.client("route53")
    made = client.create_hosted_zone(Name=name, CallerReference=f"{name}{private}{client}", **more)
    return made["HostedZone"]["Id"].removeprefix("/hostedzone/")


def there(zone, *types):
    """Return {(name, type): values or alias} of a zone, without what every zone has."""
    found = {}
    for page in boto3.client("route53").get_paginator("list_resource_record_sets").paginate(HostedZoneId=zone):
        for each in page["ResourceRecordSets"]:
            if each["Type"] not in {"NS", "SOA"} or each["Name"] != "example.org.":
                values = [value["Value"] for value in each.get("ResourceRecords") or []]
                alias = (each.get("AliasTarget") or {}).get("DNSName")
                found[records.plain(each["Name"]), each["Type"]] = alias or values
    return {key: value for key, value in found.items() if not types or key[1] in types}


def put(zone, name, kind="A", *values, action="CREATE", **more):
    """Write a record as somebody else does."""
    record = {"Name": name, "Type": kind, **more}
    if values:
        record |= {"TTL": 60, "ResourceRecords": [{"Value": each} for each in values]}
    changes = [{"Action": action, "ResourceRecordSet": record}]
    boto3.client("route53").change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})


@pytest.fixture
def balancer():
    return network.balancer("shop", network.make()["subnets"])


@pytest.fixture
def cluster():
    return FakeCluster({"kind": "Namespace", "metadata": {"name": HOME}})


@pytest.fixture
def keep(capsys, monkeypatch, cluster, balancer):
    """Return a function that runs the module for names of the cluster shop."""

    def run(*given, check=False, **more):
        monkeypatch.setattr(dns_records, "reading", lambda _: contextlib.nullcontext(cluster))
        usual = {"cluster": "shop", "namespace": HOME, "names": list(given), "balancers": [balancer]}
        with patch_module_args({"_ansible_check_mode": check} | usual | more), pytest.raises(SystemExit):
            dns_records.main()
        return json.loads(capsys.readouterr().out)

    return run


def noted(cluster):
    return names.noted(cluster, HOME)


def test_each_name_gets_an_alias_and_a_mark_and_a_second_run_changes_nothing(keep, balancer, cluster):
    zone = make_zone()
    first = keep(GRAFANA, KIBANA)
    assert (first["changed"], first["problems"]) == (True, [])
    assert first["zones"] == dict.fromkeys((GRAFANA, KIBANA), f"example.org ({zone})")
    assert there(zone) == {
        (GRAFANA, "A"): balancer,
        (KIBANA, "A"): balancer,
        (f"_landfall.{GRAFANA}", "TXT"): [MARK],
        (f"_landfall.{KIBANA}", "TXT"): [MARK],
    }
    assert noted(cluster) == [zone]
    written = len(cluster.written)
    again = keep(GRAFANA, KIBANA)
    assert (again["changed"], again["diff"]["after"], len(cluster.written)) == (False, "", written)


def test_an_alias_has_the_zone_of_its_load_balancer_and_its_healthy_targets_alone(keep, balancer):
    zone = make_zone()
    keep(GRAFANA)
    listed = boto3.client("route53").list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    (alias,) = [each["AliasTarget"] for each in listed if each["Type"] == "A"]
    (made,) = boto3.client("elbv2").describe_load_balancers()["LoadBalancers"]
    assert alias["HostedZoneId"] == made["CanonicalHostedZoneId"]
    assert alias["EvaluateTargetHealth"] is True


def test_a_plan_says_what_would_be_written_and_writes_nothing(keep, cluster, balancer):
    zone = make_zone()
    for more, target in (({}, balancer), ({"balancers": []}, "the load balancer of the run")):
        plan = keep(GRAFANA, check=True, **more)
        assert (plan["changed"], plan["diff"]["before"]) == (True, "")
        assert plan["diff"]["after"].splitlines() == [
            f"_landfall.{GRAFANA} TXT {MARK}",
            f"{GRAFANA} A alias {target}",
        ]
    assert (there(zone), noted(cluster)) == ({}, [])
    assert not [each for each in cluster.log if each.method != "GET"]
    keep(GRAFANA)
    assert not keep(GRAFANA, check=True, balancers=[])["changed"]


def test_a_new_load_balancer_is_led_to_in_one_batch(keep):
    zone = make_zone()
    keep(GRAFANA)
    other = network.balancer("other", network.make()["subnets"])
    changed = keep(GRAFANA, balancers=[other])
    assert changed["diff"]["after"] == f"{GRAFANA} A alias {other}\n"
    assert there(zone, "A") == {(GRAFANA, "A"): other}


def test_what_is_no_longer_wanted_goes_and_what_is_known_stays(keep, cluster):
    zone = make_zone()
    keep(GRAFANA, KIBANA)
    assert not keep(GRAFANA, known=[GRAFANA, KIBANA])["changed"]
    assert keep(GRAFANA, known=[GRAFANA])["changed"]
    assert set(there(zone)) == {(GRAFANA, "A"), (f"_landfall.{GRAFANA}", "TXT")}
    gone = keep()
    assert gone["changed"]
    assert GRAFANA in gone["diff"]["before"]
    assert (there(zone), noted(cluster)) == ({}, [])
    assert not keep()["changed"]


def test_without_names_and_without_a_note_aws_is_not_asked(keep, monkeypatch):
    monkeypatch.setattr(names, "Account", None)
    assert keep()["changed"] is False
    with pytest.raises(TypeError):
        keep(GRAFANA)


def test_records_of_an_earlier_zone_are_found_by_the_note(keep, cluster):
    old = make_zone()
    keep(GRAFANA)
    new = make_zone("grafana.example.org")
    assert keep(GRAFANA)["changed"]
    assert there(old, "A", "TXT") == {}
    assert (GRAFANA, "A") in there(new)
    assert noted(cluster) == [new]


def test_a_zone_that_is_gone_is_told_once(keep, cluster):
    cluster.patch(f"/api/v1/namespaces/{HOME}", {"metadata": {"annotations": {names.NOTE: "ZGONE"}}})
    zone = make_zone()
    (note,) = keep(GRAFANA)["notes"]
    assert "the zone ZGONE, which held records of this cluster, is not seen any more" in note
    assert (keep(GRAFANA)["notes"], noted(cluster)) == ([], [zone])


NLB_OF_OTHERS = {
    "HostedZoneId": "Z1",
    "DNSName": "dualstack.other.elb.eu-central-1.amazonaws.com",
    "EvaluateTargetHealth": False,
}
FOREIGN = [
    ((GRAFANA, "A", "203.0.113.7"), {}, "(A 203.0.113.7)"),
    ((GRAFANA, "AAAA", "2001:db8::7"), {}, "(AAAA 2001:db8::7)"),
    ((GRAFANA, "CNAME", "other.example.org"), {}, "(CNAME other.example.org)"),
    ((GRAFANA, "A"), {"AliasTarget": NLB_OF_OTHERS}, "(A alias dualstack.other.elb"),
    ((f"_landfall.{GRAFANA}", "TXT", '"mine"'), {}, "_landfall.grafana.example.org has a record"),
]


@pytest.mark.parametrize(("record", "more", "said"), FOREIGN)
@pytest.mark.parametrize("check", [False, True])
def test_records_of_others_are_refused_and_nothing_is_written(keep, cluster, record, more, said, check):
    zone = make_zone()
    put(zone, *record, **more)
    before = there(zone)
    found = keep(GRAFANA, KIBANA, check=check)
    (problem,) = found["problems"]
    assert said in problem
    assert "that Landfall did not write" in problem
    assert bool(found.get("failed")) is not check
    assert (there(zone), noted(cluster)) == (before, [])


@pytest.mark.parametrize(
    "owner", ["123456789012/eu-central-1/green", "123456789012/eu-west-1/shop", "210987654321/eu-central-1/shop"]
)
def test_the_mark_of_another_cluster_is_foreign(keep, owner):
    zone = make_zone()
    put(zone, f"_landfall.{GRAFANA}", "TXT", f'"{records.HERITAGE}{owner}"')
    put(zone, GRAFANA, "A", AliasTarget=NLB_OF_OTHERS)
    before = there(zone)
    (problem,) = keep(GRAFANA)["problems"]
    assert f"{GRAFANA} belongs to the cluster {owner}" in problem
    assert f"this one is {OWNER}" in problem
    assert not keep()["changed"]
    assert there(zone) == before


def test_a_name_is_handed_over_by_its_mark(keep, balancer):
    zone = make_zone()
    put(zone, f"_landfall.{GRAFANA}", "TXT", MARK)
    put(zone, GRAFANA, "A", AliasTarget=NLB_OF_OTHERS)
    assert keep(GRAFANA)["changed"]
    assert there(zone, "A") == {(GRAFANA, "A"): balancer}


def test_what_stands_beside_a_name_is_left_alone(keep):
    zone = make_zone()
    put(zone, GRAFANA, "TXT", '"v=spf1 -all"')
    put(zone, GRAFANA, "CAA", '0 issue "letsencrypt.org"')
    put(zone, "*.example.org", "A", "203.0.113.9")
    put(zone, "_landfall.example.org", "TXT", '"mine"')
    before = there(zone)
    keep(GRAFANA)
    assert before.items() <= there(zone).items()
    keep()
    assert there(zone) == before


def test_a_record_that_somebody_has_written_over_ours_is_not_taken_away(keep):
    zone = make_zone()
    keep(GRAFANA)
    put(zone, GRAFANA, "A", "203.0.113.7", action="UPSERT")
    (problem,) = keep(GRAFANA)["problems"]
    assert "somebody else has written since (A 203.0.113.7)" in problem
    (note,) = keep()["notes"]
    assert note.startswith(f"{GRAFANA} stays in the zone example.org")
    assert there(zone) == {(GRAFANA, "A"): ["203.0.113.7"]}


def test_without_its_mark_an_alias_is_nobodys_word_for_being_ours(keep):
    zone = make_zone()
    keep(GRAFANA)
    listed = boto3.client("route53").list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    (marked,) = [each for each in listed if each["Type"] == "TXT"]
    changes = [{"Action": "DELETE", "ResourceRecordSet": marked}]
    boto3.client("route53").change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})
    (problem,) = keep(GRAFANA)["problems"]
    assert "that Landfall did not write" in problem


def test_a_delegated_name_is_refused(keep):
    zone = make_zone()
    put(zone, "apps.example.org", "NS", "ns1.other.org")
    (problem,) = keep("grafana.apps.example.org", "apps.example.org", GRAFANA)["problems"][:1]
    assert "delegates apps.example.org to other name servers" in problem
    assert there(zone, "A") == {}


def test_the_name_of_the_zone_itself_can_have_an_alias(keep, balancer):
    zone = make_zone()
    keep("example.org")
    assert there(zone, "A") == {("example.org", "A"): balancer}


def test_there_is_one_load_balancer_or_nothing_is_written(keep, cluster):
    zone = make_zone()
    for balancers, said in (
        ([], "no load balancer with a name"),
        (["a.x", "b.x"], "several load balancers (a.x, b.x)"),
        (["nlb.elsewhere"], "AWS lists no load balancer nlb.elsewhere in the region eu-central-1"),
    ):
        found = keep(GRAFANA, balancers=balancers)
        assert found["failed"]
        assert said in found["msg"]
        assert found["msg"].count("platform_dns: hosts") == 1
    assert (there(zone), noted(cluster)) == ({}, [])


ZONES = [
    zones.Zone("Z1", "example.org"),
    zones.Zone("Z2", "apps.example.org"),
    zones.Zone("Z3", "example.org", private=True),
    zones.Zone("Z4", "twice.org"),
    zones.Zone("Z5", "twice.org"),
    zones.Zone("Z6", "secret.org", private=True),
]


@pytest.mark.parametrize(
    ("name", "wanted", "zone"),
    [
        ("a.example.org", "", "Z1"),
        ("a.apps.example.org", "", "Z2"),
        ("apps.example.org", "", "Z2"),
        ("a.apps.example.org", "Z1", "Z1"),
        ("a.apps.example.org", "example.org", "Z1"),
        ("a.example.org", "Z3", "Z3"),
        ("a.twice.org", "Z5", "Z5"),
        ("a.notexample.org", "", "is in no public zone"),
        ("a.secret.org", "", "is in no public zone"),
        ("a.secret.org", "secret.org", "has no zone secret.org"),
        ("a.secret.org", "Z6", "Z6"),
        ("a.twice.org", "", "fits the zones Z4 and Z5"),
        ("a.twice.org", "twice.org", "fits the zones Z4 and Z5"),
        ("a.example.org", "Z2", "is not in the zone apps.example.org (Z2)"),
        ("a.example.org", "Z9", "has no zone Z9"),
    ],
)
def test_the_zone_of_a_name(name, wanted, zone):
    found, problems = zones.places([name], ZONES, wanted)
    if found:
        assert (found[name].id, problems) == (zone, [])
    else:
        assert zone in problems[0]
        assert problems[0].startswith(f"{name} ")


def test_names_without_a_zone_are_said_together():
    found, problems = zones.places(["a.x", "b.x", "a.example.org"], ZONES, "")
    assert (list(found), len(problems)) == (["a.example.org"], 1)
    assert problems[0].startswith("a.x, b.x is in no public zone")


@pytest.mark.parametrize(
    ("escaped", "name"),
    [
        (r"\052.example.org.", "*.example.org"),
        (r"a\100b.Example.org", "a@b.example.org"),
        ("_landfall.a.", "_landfall.a"),
    ],
)
def test_names_as_route53_writes_them(escaped, name):
    assert records.plain(escaped) == name


def record(name, kind="A", **more):
    return {"Name": name, "Type": kind, **more}


def txt(value):
    return {"TTL": 300, "ResourceRecords": [{"Value": value}]}


def test_every_page_of_a_zone_is_read_and_escaped_names_are_known():
    first = {
        "ResourceRecordSets": [
            record("example.org.", "NS", **txt("ns-1.awsdns-1.org.")),
            record(r"\052.example.org.", "A", **txt("203.0.113.9")),
        ],
        "IsTruncated": True,
        "NextRecordName": "_landfall.grafana.example.org.",
        "NextRecordType": "TXT",
        "MaxItems": "300",
    }
    second = {
        "ResourceRecordSets": [record("_landfall.grafana.example.org.", "TXT", **txt(MARK))],
        "IsTruncated": False,
        "MaxItems": "300",
    }
    asked = {"HostedZoneId": "Z1"}
    more = {**asked, "StartRecordName": first["NextRecordName"], "StartRecordType": "TXT"}

    class Paged(Stubbed):
        """Both pages come from one client, as they do from a paginator."""

        def client(self, service, region="", **options):
            client = Session.client(self, service, region, **options)
            from botocore.stub import Stubber  # noqa: PLC0415

            stubber = Stubber(client)
            stubber.add_response("list_resource_record_sets", first, asked)
            stubber.add_response("list_resource_record_sets", second, more)
            stubber.activate()
            return client

    read = records.read(Paged(), zones.Zone("Z1", "example.org"), OWNER)
    assert read.ours() == [GRAFANA]
    assert read.owner_of(GRAFANA) == OWNER
    assert "(A 203.0.113.9)" in read.obstacle("*.example.org")


def records_of(*listed):
    return records.Records(ZONES[0], listed, OWNER)


def test_weighted_records_and_several_values_are_nobodys_simple_alias():
    weighted = record(GRAFANA, SetIdentifier="a", Weight=1, AliasTarget=NLB_OF_OTHERS)
    marked = record(f"_landfall.{GRAFANA}", "TXT", **txt(MARK))
    assert "somebody else has written since" in records_of(weighted, marked).obstacle(GRAFANA)
    two = record(f"_landfall.{GRAFANA}", "TXT", TTL=300, ResourceRecords=[{"Value": MARK}, {"Value": '"x"'}])
    assert "did not write" in records_of(two).obstacle(GRAFANA)
    assert records_of(marked).obstacle(GRAFANA) == ""
    # One of the two is gone: it is made again, which moto takes for a record that exists.
    batch = records_of(marked).changes([GRAFANA], [], records.Target("nlb", "Z9")).batch
    assert [(each["Action"], each["ResourceRecordSet"]["Type"]) for each in batch] == [("CREATE", "A")]
    assert records_of().obstacle(GRAFANA) == ""


def test_a_name_that_leaves_no_room_for_its_mark_is_refused():
    long = f"{'a.' * 116}example.org"
    assert len(long) == 243
    assert records_of().obstacle(long) == ""
    assert "a name of 243 characters at most" in records_of().obstacle(f"b{long}")


def test_aws_is_never_told_to_overwrite():
    """Another program may write between a look and a change: CREATE and DELETE are refused then, UPSERT is not."""
    old = record(GRAFANA, AliasTarget=NLB_OF_OTHERS)
    marked = record(f"_landfall.{GRAFANA}", "TXT", **txt(MARK))
    target = records.Target("new.elb", "Z9")
    batch = records_of(old, marked).changes([GRAFANA], [], target).batch
    assert [(each["Action"], each["ResourceRecordSet"]["Type"]) for each in batch] == [("DELETE", "A"), ("CREATE", "A")]
    assert batch[0]["ResourceRecordSet"] is old, "AWS wants every value of what goes"


def test_an_alias_that_differs_only_in_how_it_is_written_stays():
    target = records.Target("NLB.elb.amazonaws.com", "Z9")
    written = {"HostedZoneId": "Z9", "DNSName": "nlb.elb.amazonaws.com.", "EvaluateTargetHealth": True}
    marked = record(f"_landfall.{GRAFANA}.", "TXT", **txt(MARK))
    found = records_of(record(f"{GRAFANA}.", AliasTarget=written), marked)
    assert found.changes([GRAFANA], [], target).batch == []
    for change in ({"HostedZoneId": "Z8"}, {"EvaluateTargetHealth": False}):
        other = records_of(record(f"{GRAFANA}.", AliasTarget=written | change), marked)
        assert len(other.changes([GRAFANA], [], target).batch) == 2


def test_a_change_that_somebody_else_was_quicker_with_is_a_sentence():
    session = Stubbed(("route53", "change_resource_record_sets", "InvalidChangeBatch"))
    changes = records_of().changes([GRAFANA], [], records.Target("nlb", "Z9"))
    with pytest.raises(records.DnsError, match="Nothing was written into the zone example"):
        records.write(session, ZONES[0], changes)
    with pytest.raises(AwsError, match="AWS refused route53 change_resource_record_sets: AccessDenied"):
        records.write(Stubbed(("route53", "change_resource_record_sets", "AccessDenied")), ZONES[0], changes)


def test_a_change_before_another_is_done_is_made_again():
    """Route 53 answers PriorRequestNotComplete with status 400; botocore knows it as a call to be made again."""
    client = Session("eu-central-1").client("route53")
    answers = iter([400, 400, 200])
    body = (
        '<?xml version="1.0"?><ErrorResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><Error>'
        "<Type>Sender</Type><Code>PriorRequestNotComplete</Code><Message>wait</Message></Error></ErrorResponse>"
    )
    done = (
        '<?xml version="1.0"?><ChangeResourceRecordSetsResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/">'
        "<ChangeInfo><Id>/change/C1</Id><Status>PENDING</Status><SubmittedAt>2026-11-30T12:00:00Z</SubmittedAt>"
        "</ChangeInfo></ChangeResourceRecordSetsResponse>"
    )
    from botocore.awsrequest import AWSResponse  # noqa: PLC0415

    class Raw:
        def __init__(self, content):
            self.content = content.encode()

        def stream(self, **_):
            yield self.content

    def answer(**_):
        status = next(answers)
        return AWSResponse("https://x", status, {}, Raw(done if status == 200 else body))

    client.meta.events.register("before-send.route53", answer)
    changes = records_of().changes([GRAFANA], [], records.Target("nlb", "Z9"))
    told = client.change_resource_record_sets(HostedZoneId="Z1", ChangeBatch={"Changes": changes.batch})
    assert told["ChangeInfo"]["Status"] == "PENDING"
    assert list(answers) == []


def test_what_aws_refuses_is_said_with_a_way_out(keep, cluster, monkeypatch):
    for service in ("list_hosted_zones",):
        denied = Stubbed(("route53", service, "AccessDenied"))
        monkeypatch.setattr(names.Account, "dns", denied)
        found = keep(GRAFANA)
        assert "AWS refused route53 list_hosted_zones: AccessDenied" in found["msg"]
        assert found["msg"].endswith("or write platform_dns: hosts.")
        assert keep(GRAFANA, check=True)["problems"]
    cluster.patch(f"/api/v1/namespaces/{HOME}", {"metadata": {"annotations": {names.NOTE: "Z1"}}})
    monkeypatch.setattr(names.Account, "dns", Stubbed(("route53", "list_hosted_zones", "AccessDenied")))
    assert f"remove the annotation {names.NOTE} of the namespace {HOME}" in keep()["msg"]


def test_a_zone_of_another_account_is_reached_by_a_role(keep, monkeypatch):
    taken = []
    real = names.Session

    def session(region="", profile="", roles=()):
        taken.append(roles)
        return real(region, profile)

    monkeypatch.setattr(names, "Session", session)
    zone = make_zone()
    keep(GRAFANA, role_arn="arn:aws:iam::210987654321:role/dns")
    assert set(taken) == {(), ("arn:aws:iam::210987654321:role/dns",)}
    # The mark is of the cluster's account, whoever has the zone.
    assert there(zone, "TXT") == {(f"_landfall.{GRAFANA}", "TXT"): [MARK]}


def test_how_records_stand(keep, balancer):
    zone = make_zone()
    account = names.Account("shop", "", "")
    keep(GRAFANA)
    assert names.standing(account, [GRAFANA], [balancer.upper()], "") == ([f"example.org ({zone})"], "")
    _, why = names.standing(account, [GRAFANA, KIBANA], [balancer], "")
    assert why == f"{KIBANA} does not lead to {balancer}"
    _, why = names.standing(account, [GRAFANA], ["new.elb"], "")
    assert why == f"{GRAFANA} does not lead to new.elb"
    _, why = names.standing(account, ["a.other.org"], [balancer], "")
    assert why.startswith("a.other.org is in no public zone")


def test_a_run_that_is_killed_between_note_and_records_is_finished(keep, cluster, monkeypatch):
    zone = make_zone()
    with monkeypatch.context() as patch:
        patch.setattr(records, "write", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            keep(GRAFANA)
    assert (there(zone), noted(cluster)) == ({}, [zone])
    assert keep(GRAFANA)["changed"]
    assert keep()["changed"]
    assert noted(cluster) == []
