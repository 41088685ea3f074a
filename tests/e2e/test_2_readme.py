"""Every command of the README, typed as it stands there."""

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.cluster

BLOCKS = re.findall(
    r"^ *```sh\n(.*?)\n *```$", (Path(__file__).parents[2] / "README.md").read_text(), re.MULTILINE | re.DOTALL
)
# Without a cluster of the user's in the inventory, these say what to write.
REFUSED = {"ansible-playbook site.yml", "ansible-playbook site.yml --check --diff"}
LAST = "ansible-playbook -i inventories/local playbooks/uninstall.yml"


@pytest.mark.parametrize("block", sorted(dict.fromkeys(each.strip() for each in BLOCKS), key=lambda each: each == LAST))
def test_command(second_up, checkout, block):
    if block in checkout.typed:
        return
    said = checkout.run(block, fails=block in REFUSED)
    assert ("platform_kubeconfig" in said) is (block in REFUSED)


def test_the_readme_has_commands():
    assert {"make up", LAST, *REFUSED} <= {each.strip() for each in BLOCKS}
