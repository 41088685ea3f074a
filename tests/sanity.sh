#!/usr/bin/env bash
# sanity.sh [oldest | newest] [ARGUMENT ...]: runs ansible-test sanity on what `ansible-galaxy collection build` makes, with
# the oldest or the newest ansible-core. Its environments are kept in the tool cache. A minute, or five the first time.
set -euo pipefail
cd "$(dirname "$0")/.."
core=${1:-newest}
shift || true

root=$(PYTHONPATH=tools python -c 'import os; from toolcache.cache import default_root; print(default_root(os.environ))')
case $core in
  newest) programs=$(dirname "$(command -v ansible-test)") ;;
  oldest) programs=$(LANDFALL_PYTHON="3.12 3.13" bash tools/cached_venv.sh oldest-core-and-python tests/unit/product/oldest.txt)/bin ;;
  *) echo "sanity: $core is no core: write oldest or newest." >&2 && exit 1 ;;
esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
ansible-galaxy collection build --output-path "$work" > /dev/null
folder=$work/ansible_collections/landfall/eks
mkdir -p "$folder" "$work/bin" "$root/sanity/.ansible/test/cache"
tar -xzf "$work"/landfall-eks-*.tar.gz -C "$folder"

# Each Python that is there itself: a shim of pyenv stops the tests where its version is not chosen.
for version in 3.12 3.13; do
  python=$(LANDFALL_PYTHON=$version bash tools/find_python.sh 2> /dev/null) && ln -s "$python" "$work/bin/python$version"
done
# ansible-test gets pip for its environments from a host of its own; Python brings one that can get the version asked for.
for version in 24_2 25_2; do
  cat > "$root/sanity/.ansible/test/cache/get_pip_$version.py" << 'PIP'
import subprocess
import sys

wanted = [each for each in sys.argv[1:] if each.startswith("pip==")]
subprocess.check_call([sys.executable, "-m", "ensurepip"])
subprocess.check_call([sys.executable, "-m", "pip", "install", "--quiet", *wanted])
PIP
done
cd "$folder"
HOME=$root/sanity PATH=$programs:$work/bin:/usr/bin:/bin "$programs/ansible-test" sanity --local "$@"
