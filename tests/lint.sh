#!/usr/bin/env bash
# Every check that reads and does not run: style, types, roles, generated docs.
set -euo pipefail
cd "$(dirname "$0")/.."

step() {
  echo "lint: $1"
  shift
  "$@"
}

step "ruff" ruff check .
step "ruff format" ruff format --check .
step "mypy" mypy plugins tools app/landfall_app app/ci app/gunicorn.conf.py
step "yamllint" yamllint --strict .
step "ansible-lint" ansible-lint --offline
step "role documentation" python tools/role_docs.py --check
step "causes of failures" python tools/failures_page.py --check
step "dashboards" python tools/make_dashboards.py --check
step "settings" python tools/check_specs.py
step "changelog fragments" antsibull-changelog lint
# optional PROGRAM HOW: whether it is there; else says that it did not run, and how to get it.
optional() {
  command -v "$1" > /dev/null 2>&1 && return
  echo "lint: $1: not run (not installed; $2)"
  return 1
}

if optional antsibull-docs "make venv-test"; then
  step "plugin documentation" antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs=self .
fi
if optional shellcheck "make system-packages"; then
  step "shellcheck" bash -c "git ls-files -z '*.sh' .ci/run .ci/part | xargs -0 shellcheck"
fi
if optional actionlint "make test-tools"; then
  step "actionlint" actionlint
fi
if optional zizmor "pip install zizmor"; then
  # As `make lock` leaves the workflows; what is not pinned yet, the last step lists.
  step "zizmor" python -m pytest tests/unit/ci/test_workflows.py -k zizmor
fi
if optional vale "make test-tools, which takes gcc"; then
  step "prose" bash -c "git ls-files -z '*.md' ':!CHANGELOG.md' 'roles/*.yml' 'playbooks/*.yml' 'inventories/*.yml' 'plugins/*.py' 'tools/*.py' \
    | xargs -0 vale --config .config/vale.ini --output line"
fi
step "actions" python tools/lock.py --actions
