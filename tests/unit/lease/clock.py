"""A clock that tests turn."""

from datetime import UTC, datetime, timedelta


class Clock:
    def __init__(self):
        self.now = datetime(2026, 11, 23, 12, tzinfo=UTC)

    def __call__(self):
        return self.now

    def turn(self, seconds):
        self.now += timedelta(seconds=seconds)
