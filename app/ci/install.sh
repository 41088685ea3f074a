#!/usr/bin/env bash
# Install what the tests and the scripts beside this one need, at pinned hashes.
set -euo pipefail

python -m pip install --quiet --require-hashes --requirement app/requirements-test.txt
