#!/usr/bin/env bash
# make_venv.sh [FOLDER [REQUIREMENTS]]: makes .venv, or FOLDER, and installs requirements.txt, or REQUIREMENTS, into it;
# does nothing where that very file is installed already. Paths are the repository's, or absolute.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:-.venv} requirements=${2:-requirements.txt}

wanted=$(sha256sum "$requirements" tools/make_venv.sh)
stamp=$folder/.requirements
if [[ -x $folder/bin/python && -f $stamp && $(<"$stamp") == "$wanted" ]]; then
  exit 0
fi
python=$(bash tools/find_python.sh)
echo "Making $folder with $("$python" --version) and the packages of $requirements (once, about two minutes) ..."
"$python" -m venv "$folder"
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$requirements"
echo "$wanted" >"$stamp"
