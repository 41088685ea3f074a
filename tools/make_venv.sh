#!/usr/bin/env bash
# Makes .venv and installs requirements.txt into it; does nothing where that very file is installed already.
set -euo pipefail
cd "$(dirname "$0")/.."

wanted=$(sha256sum requirements.txt tools/make_venv.sh)
stamp=.venv/.requirements
if [[ -x .venv/bin/python && -f $stamp && $(<"$stamp") == "$wanted" ]]; then
  exit 0
fi
python=$(bash tools/find_python.sh)
echo "Making .venv with $("$python" --version) and the packages of requirements.txt (once, about two minutes) ..."
"$python" -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
echo "$wanted" >"$stamp"
