#!/usr/bin/env bash
# Get checkov into the tool cache, in a Python environment of its own, and link it into the folder that is named.
set -euo pipefail
bin=$(realpath -m "${1:?folder of the link}")
cd "$(dirname "$0")/.."

requirements=tools/checkov/requirements.txt
root=$(PYTHONPATH=tools python -c 'import os; from toolcache.cache import default_root; print(default_root(os.environ))')
pins=$(sha256sum "$requirements")
home=$root/checkov-${pins:0:12}
mkdir -p "$root/locks" "$bin"
exec 9> "$root/locks/checkov"
flock 9
bash tools/make_venv.sh "$home" "$requirements"
ln -sfn "$home/bin/checkov" "$bin/checkov"
