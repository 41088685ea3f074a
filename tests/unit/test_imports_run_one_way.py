"""The packages of module_utils stand in one order, and each imports only from those before it."""

import ast
from pathlib import Path

CODE = Path(__file__).parents[2] / "plugins/module_utils"
PREFIX = "ansible_collections.landfall.eks.plugins.module_utils."
ORDER = (
    *("libraries", "text", "kube", "aws", "helm"),
    *("credentials", "hosts", "argocd", "lease", "load_balancers", "dns", "eks", "orphans", "monitoring", "logs"),
    "settings",
    *("rollout", "revisions", "preflight", "uninstall", "plan", "status", "verify", "local_cluster"),
)


def imports():
    """Yield (file, its package, the package that it imports from)."""
    for path in CODE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith(PREFIX):
                yield path, path.relative_to(CODE).parts[0], str(node.module).removeprefix(PREFIX).partition(".")[0]


def test_every_package_has_its_place():
    assert {path.name for path in CODE.iterdir() if path.is_dir() and path.name != "__pycache__"} == set(ORDER)
    assert [path.name for path in CODE.glob("*.py")] in ([], ["__init__.py"])


def test_imports_run_one_way():
    against = [f"{path.name}: {of}" for path, own, of in imports() if ORDER.index(of) > ORDER.index(own)]
    assert against == []
    assert len({own for _, own, _ in imports()}) > len(ORDER) / 2
