#!/usr/bin/env bash
# Get checkov into the tool cache, in a Python environment of its own, and link it into the folder that is named.
set -euo pipefail
bin=$(realpath -m "${1:?folder of the link}")
cd "$(dirname "$0")"

root=${LANDFALL_TOOL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/landfall/tools}
wanted=$(sha256sum get_checkov.sh checkov/requirements.txt | sha256sum)
home=$root/checkov-${wanted:0:12}
mkdir -p "$root/locks" "$bin"
exec 9> "$root/locks/checkov"
flock 9
if [[ ! -f $home/.complete ]]; then
  rm -rf "$home"
  "$(bash find_python.sh)" -m venv "$home"
  "$home/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r checkov/requirements.txt
  touch "$home/.complete"
fi
ln -sfn "$home/bin/checkov" "$bin/checkov"
