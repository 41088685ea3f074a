#!/usr/bin/env bash
# Prints a Python 3.13 (or 3.12) with venv: on PATH, pyenv's or uv's; else one sentence.
set -euo pipefail

fits() {
  command -v "$1" >/dev/null 2>&1 &&
    "$1" -c 'import sys, venv, ensurepip; sys.exit(not (3, 12) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
}

candidates=(python3.13 python3.12 python3)
for version in 3.13 3.12; do
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
