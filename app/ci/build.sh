#!/usr/bin/env bash
# Build the image IMAGE (repository:tag) with VERSION and REVISION in it, from the checkout that this is run in.
set -euo pipefail
: "${IMAGE:?write repository:tag}" "${VERSION:?write the version}" "${REVISION:?write the commit}"

docker build --pull --build-arg VERSION --build-arg REVISION --tag "$IMAGE" .
