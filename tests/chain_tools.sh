#!/usr/bin/env bash
# Get Argo CD for tests/e2e/chain, from the cache or built, and say which. It is built only where the tests could run
# with it, and while there is time: LANDFALL_TESTS_BEGAN is when the tests began (seconds since 1970, as .ci/run sets it).
set -euo pipefail
cd "$(dirname "$0")/.."
LATEST=2400 # seconds after the beginning; the build takes 5 to 11 minutes

get() { python tools/get_tools.py --pins tools/test-tools.yml --only argocd "$@"; }

if get --cached > /dev/null 2>&1; then
  echo "chain: Argo CD is in the tool cache"
  exit
fi
lacking=$(PYTHONPATH=.:collections:app/ci python -m tests.e2e.chain.needs)
if [[ -n $lacking ]]; then
  echo "chain: $lacking"
elif (($(date +%s) - ${LANDFALL_TESTS_BEGAN:-$(date +%s)} > LATEST)); then
  echo "chain: not run: no time is left to build Argo CD (make chain builds it: 5 to 11 minutes, once)"
else
  echo "chain: building Argo CD: 5 to 11 minutes, once"
  get || echo "chain: not run: Argo CD could not be built (make chain tries again)"
fi
