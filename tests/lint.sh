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
step "mypy" mypy plugins/module_utils tools app/landfall_app app/ci app/gunicorn.conf.py
step "yamllint" yamllint --strict .
step "ansible-lint" ansible-lint --offline
step "role documentation" python tools/role_docs.py --check
step "dashboards" python tools/make_dashboards.py --check
step "settings" python tools/check_specs.py
step "changelog fragments" antsibull-changelog lint
if command -v shellcheck >/dev/null 2>&1; then
  git ls-files -z '*.sh' .ci/run | xargs -0 shellcheck
else
  echo "lint: shellcheck: not run (not installed; make system-packages)"
fi
