"""An API server that fails now and then, for as many runs as the two other files take together."""

import pytest

from tests.e2e.chaos.api_proxy import FaultyApi
from tests.e2e.chaos.platform import ROUNDS, SEED, rounds

pytestmark = pytest.mark.chaos


@pytest.mark.parametrize("percent", [5, 1])
def test_an_api_server_that_stumbles(rolled_out, fault, tmp_path, percent):
    with FaultyApi(rolled_out, tmp_path / "proxy", percent / 100, SEED) as api:
        through = {"platform_kubeconfig": str(api.kubeconfig)}
        well = rounds(rolled_out, lambda settings: rolled_out.play(settings | through))
    hurt = api.seen["requests"] - api.seen["unhurt"]
    assert hurt > ROUNDS * percent / 5, "control: requests were hurt"
    kinds = ", ".join(
        f"{count} {kind}" for kind, count in sorted(api.seen.items()) if kind not in {"requests", "unhurt"}
    )
    control = f"seed {SEED}; {well} ended well by themselves; {hurt} of {api.seen['requests']} requests hurt: {kinds}"
    fault(f"{percent} % of the API server's answers are errors, resets or delays", ROUNDS, ROUNDS, control)
