"""When an error budget burns too fast: the windows and factors of multi-window, multi-burn-rate alerts.

Source: The Site Reliability Workbook (Google, 2018), chapter 5, "Alerting on SLOs", section 6, "Multiwindow,
Multi-Burn-Rate Alerts", and its table of recommended parameters for a 99.9% objective over 30 days.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

PAGE, TICKET = "critical", "warning"
MINUTE, HOUR, DAY = 60, 3600, 86400
HIGHEST_THRESHOLD = Decimal("0.95")
"""Of what is measured, the failed share above which an alert is due in any case: no share exceeds 1."""


@dataclass(frozen=True)
class BurnAlert:
    """Both windows, in Prometheus' notation, burn the budget more than `factor` times as fast as it may burn.

    The long window says that it is worth a call, the short one that it still goes on, and ends the alert soon after.
    """

    severity: str
    factor: Decimal
    long: str
    short: str

    def threshold(self, budget: Decimal) -> Decimal:
        """Return the failed share, 0 to 1, from which the alert is due.

        A budget of more than 7% would put it above everything, and a full outage would page nobody: hence the cap.
        """
        return min(self.factor * budget, HIGHEST_THRESHOLD)


ALERTS = (
    BurnAlert(PAGE, Decimal("14.4"), "1h", "5m"),
    BurnAlert(PAGE, Decimal(6), "6h", "30m"),
    BurnAlert(TICKET, Decimal(3), "1d", "2h"),
    BurnAlert(TICKET, Decimal(1), "3d", "6h"),
)


@dataclass(frozen=True)
class Window:
    """A window, and the step at which the recorded rates over five minutes are added up in it; both in seconds."""

    name: str
    seconds: int
    step: int

    @property
    def range(self) -> str:
        """Return it as the range of a subquery, such as 1h:1m."""
        return f"{self.name}:{self.step // MINUTE}m"

    @property
    def steps(self) -> int:
        """Return how many steps it has when all of it was measured."""
        return self.seconds // self.step


BASE = "5m"
"""The window over which everything is counted; all longer ones are made of it."""
SHORT_WINDOWS = (Window("30m", 30 * MINUTE, MINUTE), Window("1h", HOUR, MINUTE))
# Steps of the base window's length: every event counts exactly once.
LONG_WINDOWS = (
    Window("2h", 2 * HOUR, 5 * MINUTE),
    Window("6h", 6 * HOUR, 5 * MINUTE),
    Window("1d", DAY, 5 * MINUTE),
    Window("3d", 3 * DAY, 5 * MINUTE),
)


def whole_window(days: int) -> Window:
    """Return the window that an objective is for."""
    return Window(f"{days}d", days * DAY, 5 * MINUTE)
