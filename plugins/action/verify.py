"""Action half of the verification: writes the results three ways, and fails if a check failed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail

from ansible_collections.landfall.eks.plugins.module_utils.text.files import write_json, write_text
from ansible_collections.landfall.eks.plugins.module_utils.verify import report
from ansible_collections.landfall.eks.plugins.module_utils.verify.model import FAILED
from ansible_collections.landfall.eks.plugins.plugin_utils.in_worker import InWorker
from ansible_collections.landfall.eks.plugins.plugin_utils.screen import say


class ActionModule(InWorker):
    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        arguments = {**self._task.args, "ca": self._authorities()}
        looked = self._execute_module(module_name="landfall.eks.verify", module_args=arguments, task_vars=task_vars)
        result.update(looked)
        if looked.get("failed"):
            return result
        found = report.document(
            str(arguments["cluster"]),
            datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            bool(arguments.get("simulated")),
            looked["results"],
        )
        for line in ["", *report.lines(found), "", *self._write(found)]:
            say(line)
        failed = [row for row in found["results"] if row["outcome"] == FAILED]
        if failed:
            sentences = [f"{row['group']}, {row['name']}: {row['detail']}" for row in failed]
            result.update(failed=True, msg="The platform is not as it should be:\n- " + "\n- ".join(sentences))
        return result

    def _write(self, found: dict[str, Any]) -> list[str]:
        if self._task.check_mode:
            return []
        folder = Path(self._task.args["folder"]).expanduser()
        write_json(folder / "verify.json", found)
        write_text(folder / "verify.xml", report.junit(found))
        write_text(folder / "verify.html", report.page(found))
        kinds = {"a page": "html", "data": "json", "JUnit": "xml"}
        return [*(f"As {kind}: {folder}/verify.{suffix}" for kind, suffix in kinds.items()), ""]

    def _authorities(self) -> str:
        path = self._task.args.get("ca_file")
        if not path:
            return ""
        try:
            return Path(path).expanduser().read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise AnsibleActionFail(
                f"verify_ca_file is {path}, which cannot be read: write the path of a PEM file."
            ) from error
