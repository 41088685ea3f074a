"""Files of the collection are found wherever the filter is called from."""

from pathlib import Path

from ansible_collections.landfall.eks.plugins.filter.collection_path import FilterModule

find = FilterModule().filters()["collection_path"]


def test_the_applications_chart_is_found(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert (Path(find("app/chart")) / "Chart.yaml").is_file()
    assert Path(find("app/chart")) == Path(find("roles/../app/chart"))
