"""Action that shows or writes the credentials of a cluster.

It reads the cluster itself, in the controller's process: what a module returns would pass through the results that
callbacks, logs and debug output are made of.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import yaml
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.parsing.vault import VaultLib, get_file_vault_secret
from ansible.plugins.action import ActionBase

from ansible_collections.landfall.eks.plugins.module_utils.credentials import export, trust
from ansible_collections.landfall.eks.plugins.module_utils.credentials.export import (
    Encrypt,
    ExportError,
    Target,
)
from ansible_collections.landfall.eks.plugins.module_utils.credentials.logins import (
    Keyring,
    as_data,
    read_keyring,
    table,
)
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import CLUSTER_OPTIONS, reading
from ansible_collections.landfall.eks.plugins.plugin_utils.screen import say

OPTIONS: dict[str, Any] = {
    **CLUSTER_OPTIONS,
    "namespace": {"type": "str", "required": True},
    "cluster_name": {"type": "str", "default": "kubernetes"},
    "ca_file": {"type": "str", "required": True},
    "file": {"type": "str", "default": ""},
    "age_recipient": {"type": "str", "default": ""},
    "vault_password_file": {"type": "str", "default": ""},
}


class ClientOptions:
    """What the cluster's client wants to know of a module: its options, and how it fails."""

    def __init__(self, params: dict[str, Any]) -> None:
        self.params = params
        self.no_log_values: set[str] = set()

    def fail_json(self, msg: str, **_unused: Any) -> NoReturn:
        raise AnsibleActionFail(msg)


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        _unused, options = self.validate_argument_spec(OPTIONS)
        target = Target(options["file"], options["ca_file"], options["age_recipient"], options["vault_password_file"])
        encrypt, problems = export.judge(target, self._vault_encryption, self._sharing(options, task_vars or {}))
        if problems:
            raise AnsibleActionFail("\n".join(problems))
        keyring = self._read(options)
        files = self._write_all(options, keyring, encrypt)
        self._show(options, keyring)
        result.update(changed=bool(files), files=files, services=[each.service for each in keyring.logins])
        return result

    def _vault_encryption(self, password_file: str) -> Encrypt:
        path = str(Path(password_file).expanduser())
        try:
            secret = get_file_vault_secret(filename=path, loader=self._loader)
            secret.load()
        except (AnsibleError, OSError) as error:
            reason = str(error).splitlines()[0].rstrip(".")
            raise ExportError(
                f"credentials_vault_password_file is {path}, which gives no password ({reason}): write the path of a "
                "file that holds one, or of a program that prints one."
            ) from error

        def encrypt(content: bytes) -> bytes:
            encrypted: bytes = VaultLib([("default", secret)]).encrypt(content, secret=secret)
            return encrypted

        return encrypt

    @staticmethod
    def _sharing(options: dict[str, Any], variables: dict[str, Any]) -> list[str]:
        """Return the clusters of this play whose credentials would go into the same file."""
        return [
            host
            for host in variables.get("ansible_play_hosts_all", [])
            if options["file"] and variables["hostvars"][host].get("credentials_file") == options["file"]
        ]

    def _read(self, options: dict[str, Any]) -> Keyring:
        with reading(ClientOptions(options)) as cluster:
            keyring = read_keyring(cluster, options["namespace"])
        if not keyring.logins and not keyring.ca_certificate:
            raise AnsibleActionFail(
                f"Cluster {options['cluster_name']} has no credentials in namespace {options['namespace']}: run "
                "site.yml first, or correct platform_namespace."
            )
        return keyring

    def _write_all(self, options: dict[str, Any], keyring: Keyring, encrypt: Encrypt) -> list[str]:
        """Return the paths of the files that were not as they are now."""
        wanted = []
        if keyring.ca_certificate:
            wanted.append((options["ca_file"], keyring.ca_certificate.encode(), export.PUBLIC))
        if options["file"]:
            # Ansible's texts carry their origin, which YAML cannot write.
            content = {"cluster": str(options["cluster_name"]), "credentials": as_data(keyring.logins)}
            text = yaml.safe_dump(content, sort_keys=False)
            wanted.append((options["file"], encrypt(text.encode()), export.PRIVATE))
        try:
            return [
                path
                for path, data, mode in wanted
                if export.write(Path(path).expanduser(), data, mode, dry_run=self._task.check_mode)
            ]
        except OSError as error:
            raise AnsibleActionFail(f"{error.filename} cannot be written: {error.strerror}.") from error

    def _show(self, options: dict[str, Any], keyring: Keyring) -> None:
        lines = ["", f"Credentials of cluster {options['cluster_name']}", ""]
        if options["file"]:
            how = "would be" if self._task.check_mode else "are"
            lines.append(f"{len(keyring.logins)} passwords {how} in {Path(options['file']).expanduser()}.")
        else:
            lines += table(keyring.logins, datetime.now(UTC))
        if keyring.ca_certificate:
            ca_file = str(Path(options["ca_file"]).expanduser())
            lines += ["", *trust.instructions(ca_file, keyring.ca_certificate, options["cluster_name"])]
        for line in [*lines, ""]:
            # On the screen alone, so that a log file (ANSIBLE_LOG_PATH) does not get the passwords.
            say(line, screen_only=True)
