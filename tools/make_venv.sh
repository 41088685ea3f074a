#!/usr/bin/env bash
# make_venv.sh FOLDER REQUIREMENTS: makes a Python environment in FOLDER, unless there is one, and installs the packages of
# REQUIREMENTS into it; does nothing where that very file is installed already. Paths are the repository's, or absolute.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$1 requirements=$2

wanted=$(sha256sum "$requirements" tools/make_venv.sh)
stamp=$folder/.$(basename "$requirements" .txt)
if [[ -x $folder/bin/python && -f $stamp && $(<"$stamp") == "$wanted" ]]; then
  exit 0
fi
if [[ ! -x $folder/bin/python ]]; then
  python=$(bash tools/find_python.sh)
  echo "Making $folder with $("$python" --version) ..."
  "$python" -m venv "$folder"
fi
echo "Installing the packages of $requirements into $folder (once, about a minute) ..."
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$requirements"
echo "$wanted" >"$stamp"
