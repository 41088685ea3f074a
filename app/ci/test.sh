#!/usr/bin/env bash
# Run the application's tests.
set -euo pipefail

python -m pytest app/tests
