"""The digest of values is that of what arrives."""

from ansible_collections.landfall.eks.plugins.module_utils.text.digests import values_digest


def test_order_and_kinds_of_keys_make_no_difference() -> None:
    written = {"tcp": {5432: "db", "name": "x", 80: "web"}, "a": 1}
    assert values_digest(written) == values_digest({"a": 1, "tcp": {"80": "web", "5432": "db", "name": "x"}})


def test_a_number_and_its_text_do() -> None:
    assert values_digest({"tag": "1"}) != values_digest({"tag": 1})
