#!/usr/bin/env bash
# Prints a Python 3.13 (or 3.12) with venv: on PATH, pyenv's or uv's; else one sentence. LANDFALL_PYTHON="3.12 3.13" says
# which versions to look for instead, the first one first.
set -euo pipefail

fits() {
  command -v "$1" >/dev/null 2>&1 &&
    "$1" -c 'import sys, venv, ensurepip; sys.exit(not (3, 12) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
}

candidates=()
read -ra versions <<<"${LANDFALL_PYTHON:-}"
if ((${#versions[@]} == 0)); then
  candidates=(python3.13 python3.12 python3)
  versions=(3.13 3.12)
fi
for version in "${versions[@]}"; do
  candidates+=("python$version")
  for home in "${PYENV_ROOT:-$HOME/.pyenv}/versions/$version".*/bin/python; do
    candidates+=("$home")
  done
  if command -v uv >/dev/null 2>&1; then
    candidates+=("$(uv python find --no-python-downloads "$version" 2>/dev/null || true)")
  fi
done
for candidate in "${candidates[@]}"; do
  if [[ -n $candidate ]] && fits "$candidate"; then
    # The program itself: a pyenv shim answers differently in another folder.
    "$candidate" -c 'import sys; print(sys.executable)'
    exit 0
  fi
done
echo "Landfall needs Python 3.13 or 3.12 with its venv module: install one (python3.13, pyenv or uv) and run this again." >&2
exit 1
