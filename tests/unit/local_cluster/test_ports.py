from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.local_cluster import ports


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_each_name_gets_a_port_of_its_own() -> None:
    names = [f"process-{index}" for index in range(20)]
    chosen = ports.choose(names, {}, ())
    assert list(chosen) == names
    assert len(set(chosen.values())) == 20


def test_free_ports_are_kept() -> None:
    first = ports.choose(["a", "b"], {}, ())
    assert ports.choose(["a", "b"], first, ()) == first


def test_a_port_that_somebody_took_is_chosen_anew(taken: int) -> None:
    assert ports.choose(["a"], {"a": taken}, ())["a"] not in {0, taken}


def test_the_port_of_a_running_process_is_kept(taken: int) -> None:
    assert ports.choose(["a"], {"a": taken}, {"a"}) == {"a": taken}
