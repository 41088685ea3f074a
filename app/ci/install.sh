#!/usr/bin/env bash
# Install, at pinned hashes, what one job needs: `tests`, `scripts` (those beside this one) or `cosign`.
set -euo pipefail

packages() {
  python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: --requirement "$1"
}

case ${1:-} in
  tests) packages app/requirements-test.txt ;;
  scripts) packages app/requirements-ci.txt ;;
  cosign)
    folder=${RUNNER_TEMP:?write a folder for programs}/programs
    # In a cache of this job alone: the usual one may hold what another job of the same machine has left.
    python tools/get_tools.py --pins tools/release-tools.yml --pinned --cache "$RUNNER_TEMP/tools" --bin "$folder"
    echo "$folder" >> "${GITHUB_PATH:?write the file that PATH is read from}"
    ;;
  *)
    echo "install: '${1:-}' is nothing to install: write tests, scripts or cosign." >&2
    exit 1
    ;;
esac
