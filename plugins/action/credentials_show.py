"""Action that shows or writes the credentials of a cluster.

It reads the cluster itself, in the controller's process: what a module returns would pass through the results that
callbacks, logs and debug output are made of.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import yaml
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.parsing.vault import VaultLib, get_file_vault_secret
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.landfall.eks.plugins.module_utils.cluster_client import CLUSTER_OPTIONS, reading
from ansible_collections.landfall.eks.plugins.module_utils.credentials import export, trust
from ansible_collections.landfall.eks.plugins.module_utils.credentials.export import Encrypt, ExportError
from ansible_collections.landfall.eks.plugins.module_utils.credentials.logins import (
    Keyring,
    as_data,
    read_keyring,
    table,
)

OPTIONS: dict[str, Any] = {
    **CLUSTER_OPTIONS,
    "namespace": {"type": "str", "required": True},
    "cluster_name": {"type": "str", "default": "kubernetes"},
    "ca_file": {"type": "str", "required": True},
    "file": {"type": "str", "default": ""},
    "age_recipient": {"type": "str", "default": ""},
    "vault_password_file": {"type": "str", "default": ""},
}

display = Display()


class Asking:
    """What the cluster's client wants to know of a module: its options, and how it fails."""

    def __init__(self, params: dict[str, Any]) -> None:
        self.params = params
        self.no_log_values: set[str] = set()

    def fail_json(self, msg: str, **_: Any) -> NoReturn:
        raise AnsibleActionFail(msg)


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        _, options = self.validate_argument_spec(OPTIONS)
        encrypt, problems = self._encryption(options)
        problems += self._file_problems(options, task_vars or {})
        if problems:
            raise AnsibleActionFail("\n".join(problems))
        keyring = self._read(options)
        files: list[str] = []
        try:
            if keyring.ca_certificate:
                self._write(options["ca_file"], keyring.ca_certificate.encode(), export.PUBLIC, files)
            if options["file"]:
                content = yaml.safe_dump(
                    {"cluster": options["cluster_name"], "credentials": as_data(keyring.logins)}, sort_keys=False
                )
                self._write(options["file"], encrypt(content.encode()), export.PRIVATE, files)
        except OSError as error:
            raise AnsibleActionFail(f"{error.filename} cannot be written: {error.strerror}.") from error
        self._show(options, keyring)
        result.update(changed=bool(files), files=files, services=[each.service for each in keyring.logins])
        return result

    def _encryption(self, options: dict[str, Any]) -> tuple[Encrypt, list[str]]:
        """Return what makes the file's bytes of its content, and sentences on what is wrong with the settings."""
        recipient, password_file = options["age_recipient"], options["vault_password_file"]
        problems = []
        if recipient and password_file:
            problems.append(
                "credentials_age_recipient and credentials_vault_password_file are both set: a file is encrypted in "
                "one way, so remove one of them."
            )
        problems += [
            f"{name} is set and credentials_file is not: write the path of the file to encrypt."
            for name, value in (
                ("credentials_age_recipient", recipient),
                ("credentials_vault_password_file", password_file),
            )
            if value and not options["file"]
        ]
        try:
            if recipient:
                return export.age_encryption(recipient), problems
            if password_file:
                return self._vault_encryption(password_file), problems
        except ExportError as error:
            problems.append(str(error))
        return bytes, problems

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
    def _file_problems(options: dict[str, Any], variables: dict[str, Any]) -> list[str]:
        ca_file = Path(options["ca_file"]).expanduser()
        problems = [export.path_problem("credentials_ca_file", ca_file, make_folder=True)]
        if options["file"]:
            file = Path(options["file"]).expanduser()
            problems.append(export.path_problem("credentials_file", file))
            if file.absolute() == ca_file.absolute():
                problems.append(f"credentials_file and credentials_ca_file are both {file}: write two paths.")
            sharing = [
                host
                for host in variables.get("ansible_play_hosts_all", [])
                if variables["hostvars"][host].get("credentials_file") == options["file"]
            ]
            if len(sharing) > 1:
                problems.append(
                    f"credentials_file is {file} for each of the clusters {', '.join(sharing)}: write "
                    "{{ inventory_hostname }} into it."
                )
        return [each for each in problems if each]

    def _read(self, options: dict[str, Any]) -> Keyring:
        # This process is the task's own, so the task's environment (AWS_PROFILE, a proxy) can be taken on.
        environment: dict[str, Any] = {}
        self._compute_environment_string(environment)
        os.environ.update({name: str(value) for name, value in environment.items()})
        with reading(Asking(options)) as cluster:
            keyring = read_keyring(cluster, options["namespace"])
        if not keyring.logins and not keyring.ca_certificate:
            raise AnsibleActionFail(
                f"Cluster {options['cluster_name']} has no credentials in namespace {options['namespace']}: run "
                "site.yml first, or correct platform_namespace."
            )
        return keyring

    def _write(self, path: str, content: bytes, mode: int, files: list[str]) -> None:
        place = Path(path).expanduser()
        if self._task.check_mode or export.write(place, content, mode):
            files.append(str(place))

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
            display.display(line, screen_only=True)
