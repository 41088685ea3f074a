#!/usr/bin/python
"""Module that keeps the block of one cluster in a hosts file."""

from __future__ import annotations

DOCUMENTATION = r"""
module: hosts_block
short_description: Keeps the block of one cluster in a hosts file
version_added: 0.1.0
description:
  - Writes a line for each address and name between two marker lines that carry the cluster's name.
  - The file is replaced whole or not at all; its other lines, its line ends, mode and owner stay.
  - Fails, and changes nothing, if a name is no host name in lower case (a wildcard, a final dot and letters outside
    ASCII are none) or is one of this machine itself, such as C(localhost), or if no load balancer has such an address.
  - Unlike M(ansible.builtin.blockinfile) it takes over the line ends of the file, leaves bytes alone that are not
    UTF-8, refuses to guess where half a block ends, and can write a file that is mounted.
author: The Landfall authors (@landfall)
extends_documentation_fragment:
  - landfall.eks.attributes
  - landfall.eks.attributes.api
options:
  path:
    description: The hosts file; made if it is missing.
    type: path
    required: true
  cluster:
    description: Name of the cluster, part of the marker lines.
    type: str
    required: true
  addresses:
    description: IP addresses at which the names answer.
    type: list
    elements: str
    default: []
  names:
    description: Host names; with none, or with no address, there is no block.
    type: list
    elements: str
    default: []
attributes:
  diff_mode:
    description: Whether the task shows what it changes as a difference.
    support: full
"""

EXAMPLES = r"""
- name: Write the names of a cluster
  landfall.eks.hosts_block:
    path: /etc/hosts
    cluster: production
    addresses: [203.0.113.7, 203.0.113.9]
    names: [grafana.example.org]
"""

RETURN = r"""
lines:
  description: The lines of the block, C(IP name).
  type: list
  elements: str
  returned: always
advice:
  description: What makes the names known where this file is not read, or not yet.
  type: list
  elements: str
  returned: always
"""

import tempfile
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.landfall.eks.plugins.module_utils.hosts import file


# Not text.files: a mounted file cannot be replaced, and atomic_move keeps the owner and SELinux context of another.
def write(module: AnsibleModule, path: Path, content: bytes) -> None:
    if path.is_mount():
        file.write_in_place(path, content)
        return
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".landfall-hosts-", delete=False) as draft:
        draft.write(content)
    module.add_cleanup_file(draft.name)
    module.atomic_move(draft.name, str(path))


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "cluster": {"type": "str", "required": True},
            "addresses": {"type": "list", "elements": "str", "default": []},
            "names": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    path = Path(module.params["path"]).resolve()
    cluster, addresses, names = (module.params[each] for each in ("cluster", "addresses", "names"))
    try:
        with file.locked(path):
            before = file.read(path)
            if refused := file.refusals(before, cluster, addresses, names):
                module.fail_json(msg=f"hosts_file ({path}) is not written: {'; '.join(refused)}.")
            lines = file.host_lines(addresses, names)
            after = file.with_block(before, cluster, lines)
            changed = before != after
            if changed and not module.check_mode:
                write(module, path, after)
    except file.HostsFileError as error:
        module.fail_json(msg=f"hosts_file ({path}) {error}.")
    except OSError as error:
        module.fail_json(
            msg=f"hosts_file ({path}) cannot be written ({error.strerror}): check its permissions and its disk."
        )
    for rival in file.rivals(after, cluster, addresses, names):
        module.warn(f"{path} also has the line {rival!r}, which may hide Landfall's address for that name.")
    diff = {"before": _text(before), "after": _text(after), "before_header": str(path), "after_header": str(path)}
    module.exit_json(changed=changed, lines=lines, advice=file.advice(path, lines), diff=diff)


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace")


if __name__ == "__main__":
    main()
