#!/usr/bin/env bash
# Runs the molecule scenarios that are named, or all.
set -euo pipefail
cd "$(dirname "$0")/.."
scenarios=("$@")
if [[ ${#scenarios[@]} -eq 0 ]]; then
  for file in molecule/*/molecule.yml; do
    scenarios+=("$(basename "$(dirname "$file")")")
  done
fi
for scenario in "${scenarios[@]}"; do
  molecule test --scenario-name "$scenario"
done
