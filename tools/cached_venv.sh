#!/usr/bin/env bash
# cached_venv.sh NAME REQUIREMENTS: makes a Python environment of its own in the tool cache, once for each content of
# REQUIREMENTS, and prints its folder. The path is the repository's, or absolute.
set -euo pipefail
cd "$(dirname "$0")/.."
name=$1 requirements=$2

root=$(PYTHONPATH=tools python -c 'import os; from toolcache.cache import default_root; print(default_root(os.environ))')
pins=$(sha256sum "$requirements")
mkdir -p "$root/locks"
exec 9> "$root/locks/$name"
flock 9
bash tools/make_venv.sh "$root/$name-${pins:0:12}" "$requirements" >&2
echo "$root/$name-${pins:0:12}"
