"""Waiting, in tests, for what other processes and threads do."""

import time


def within(condition, seconds=60):
    """Wait until a condition is true; fail after so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "too late"
        time.sleep(0.01)
