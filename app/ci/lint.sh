#!/usr/bin/env bash
# Check style and types of the application and of the scripts beside this one.
set -euo pipefail

ruff check app
ruff format --check app
mypy app/landfall_app app/ci app/gunicorn.conf.py
