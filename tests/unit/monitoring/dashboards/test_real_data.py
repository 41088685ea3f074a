"""Queries return data from real programs, or, if those are not to be had, over samples made up from their source."""

import shutil
from collections.abc import Callable, Iterator

import pytest
from dashboards import series

from tests.unit.monitoring.dashboards.grafana import Query, queries
from tests.unit.monitoring.dashboards.monitored import Monitored

pytestmark = pytest.mark.skipif(
    not shutil.which("prometheus"), reason="not run: there is no prometheus (make system-packages)"
)
Record = Callable[[str, object], None]
LACKING = {
    "alertmanager": "prometheus-alertmanager (make system-packages)",
    "slo": "recording rules, which the release has none of",
}


@pytest.fixture(scope="module")
def monitored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Monitored]:
    with Monitored(tmp_path_factory.mktemp("monitored")).running() as all_of_it:
        yield all_of_it


@pytest.fixture(scope="module")
def silent(monitored: Monitored) -> set[str]:
    """The queries that gave no number, asked all together: a rollout is over after a minute."""
    return monitored.silent({each.expr for each in queries() if not missing(each, monitored)})


def programs(query: Query) -> set[str]:
    """Return the programs whose series a query asks for."""
    return {series.owners()[each].name for each in series.names(query.expr)}


def missing(query: Query, monitored: Monitored) -> set[str]:
    """Return the programs of a query that this machine does not have although the tests could."""
    return {each for each in programs(query) if not monitored.has.get(each, True)}


def without_data(found: list[Query], silent: set[str]) -> dict[str, str]:
    return {each.where: each.expr for each in found if each.expr in silent}


@pytest.mark.parametrize("program", ["prometheus", "flask-app", "alertmanager", "slo"])
def test_queries_return_data(program: str, monitored: Monitored, silent: set[str], record_property: Record) -> None:
    mine = [each for each in queries() if not series.needs(each.expr) and program in programs(each)]
    assert mine
    lacking = sorted({name for each in mine for name in missing(each, monitored)})
    if program in lacking:
        pytest.skip(f"not run: {len(mine)} queries need {LACKING[program]}")
    real = [each for each in mine if not missing(each, monitored)]
    assert without_data(real, silent) == {}
    record_property("table", f"dashboards: {len(real)} queries over {program} returned data (proven)")


def test_the_others_can_be_evaluated(monitored: Monitored, silent: set[str], record_property: Record) -> None:
    other = [each for each in queries() if series.needs(each.expr) and not missing(each, monitored)]
    assert without_data(other, silent) == {}
    lacking = ", ".join(sorted({name for each in other for name in series.needs(each.expr)}))
    record_property("table", f"dashboards: {len(other)} queries: not run over real data, which needs {lacking}")


def test_a_misspelt_series_and_a_join_that_cannot_work_are_caught(monitored: Monitored) -> None:
    assert monitored.silent({"sum(http_requests_total)", "sum(node_cpu_seconds_total)"}) == set()
    assert monitored.silent({"sum(http_request_total)"}, patience=3) == {"sum(http_request_total)"}
    with pytest.raises(AssertionError, match="many-to-many matching not allowed"):
        monitored.ask("node_cpu_seconds_total * on (node) group_left () node_cpu_seconds_total")
