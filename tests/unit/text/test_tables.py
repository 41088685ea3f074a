"""Tables that fit a terminal."""

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.text.tables import TERMINAL, aligned, fitted, folded

HEAD = ("Release", "Why", "Urls")
URL = "https://k8s-argocd-argocdnl-96e4621085-1.elb.eu-west-1.amazonaws.com/a/path/that/is/long"


def test_a_table_that_fits_is_as_it_would_be_without_a_limit():
    rows = [["a", "fine", ""]]
    assert fitted(HEAD, rows) == aligned(HEAD, rows)


@pytest.mark.parametrize("width", [TERMINAL, 60, 40])
def test_no_line_is_wider(width):
    rows = [["aws-load-balancer-controller", "it is not ready " * 8, ""], ["b", "", ""]]
    shown = fitted(HEAD, rows, width)
    assert max(map(len, shown)) <= width
    assert " ".join(" ".join(shown).split()).count("ready") == 8


def test_words_are_kept_whole_as_long_as_the_table_fits():
    shown = fitted(HEAD, [["aws-load-balancer-controller", "x" * 40, "not ready"]])
    assert [line.split()[0] for line in shown] == ["Release", "aws-load-balancer-", "controller"]
    assert "x" * 40 in shown[1]


def test_sentences_stand_under_their_row_where_the_rest_leaves_them_no_room():
    claim = "logging/elasticsearch-data-elasticsearch-es-default-0"
    shown = fitted(HEAD[:2], [[claim, "50Gi of data; it stays unless volumes are asked for"], ["b", "as it is"]])
    assert shown[:3] == ["Release", claim, "    50Gi of data; it stays unless volumes are asked for"]


def test_addresses_stand_on_lines_of_their_own_unbroken():
    shown = fitted(HEAD, [["a", "fine", f"{URL}\nhttps://b"], ["b", "fine", ""]], below=("Urls",))
    assert shown == ["Release  Why", "a        fine", f"    {URL}", "    https://b", "b        fine"]


def test_long_lines_go_on_further_in():
    text = "  - " + "word " * 30
    shown = folded(["short", text])
    assert shown[0] == "short"
    assert max(map(len, shown)) <= TERMINAL
    assert all(each.startswith("    word") for each in shown[2:])
    assert " ".join(" ".join(shown[1:]).split()) == " ".join(text.split())
