from ansible_collections.landfall.eks.plugins.module_utils.credentials import trust
from tests.unit.credentials.fake_store import FakeStore


def test_each_system_has_its_line_with_the_path(store: FakeStore, certificate: object) -> None:
    pem = store.run([certificate()]).ca_certificate  # type: ignore[operator]
    first, *steps, fingerprint = trust.instructions("/tmp/my ca.crt", pem, "north/prod 1")
    assert "until 2035-01-14. It may sign for example.org and names below, and no others." in first
    steps = [line for line in steps if line.startswith("  ")]
    assert len(steps) == 7
    assert all("'/tmp/my ca.crt'" in line for line in steps)
    assert any("landfall-north-prod-1.crt" in line for line in steps)
    assert len(fingerprint.rsplit(" ", 1)[1].split(":")) == 32


def test_two_authorities_are_said_to_be_two(store: FakeStore, certificate: object) -> None:
    first = store.run([certificate()]).ca_certificate  # type: ignore[operator]
    second = FakeStore().run([certificate()]).ca_certificate  # type: ignore[operator]
    *_, one, other = trust.instructions("ca.crt", first + second, "north")
    assert one == trust.instructions("ca.crt", first, "north")[-1]
    assert "takes the place of the first" in other
    assert other.rsplit(" ", 1)[1] == trust.instructions("ca.crt", second, "north")[-1].rsplit(" ", 1)[1]
