#!/usr/bin/env bash
# Get checkov into the tool cache, in a Python environment of its own, and link it into the folder that is named.
set -euo pipefail
bin=$(realpath -m "${1:?folder of the link}")
cd "$(dirname "$0")/.."

home=$(bash tools/cached_venv.sh checkov tools/checkov/requirements.txt)
mkdir -p "$bin"
ln -sfn "$home/bin/checkov" "$bin/checkov"
