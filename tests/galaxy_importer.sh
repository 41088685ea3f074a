#!/usr/bin/env bash
# Runs Galaxy's importer on what `ansible-galaxy collection build` makes, but for ansible-test, which it runs in a container:
# tests/sanity.sh does that.
set -euo pipefail
cd "$(dirname "$0")/.."
home=$(bash tools/cached_venv.sh galaxy-importer tools/galaxy_importer/requirements.txt)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
ansible-galaxy collection build --output-path "$work" > /dev/null
printf '%s\n' '[galaxy-importer]' 'RUN_ANSIBLE_TEST = False' 'RUN_ANSIBLE_DOC = True' 'CHECK_REQUIRED_TAGS = True' \
  > "$work/galaxy-importer.cfg"
said=$(cd "$work" && GALAXY_IMPORTER_CONFIG=$work/galaxy-importer.cfg HOME=$work PATH=$home/bin:$PATH \
  "$home/bin/python" -m galaxy_importer.main landfall-eks-*.tar.gz 2>&1) || { echo "$said" && exit 1; }
echo "$said"
# That there are ignore files is said of every collection that has some.
if grep -E '^(ERROR|WARNING)' <<< "$said" | grep -v 'Ignore files skip ansible-test'; then
  echo "galaxy-importer: see above" >&2
  exit 1
fi
