#!/usr/bin/env bash
# Push the image IMAGE (repository:tag) to Docker Hub and print digest=sha256:... on standard output.
# A tag that is there already stays as it is: what was deployed under a name never changes.
set -euo pipefail
: "${IMAGE:?write repository:tag}" "${DOCKERHUB_USERNAME:?write the account}" "${DOCKERHUB_TOKEN:?write its access token}"

digest_of() { docker buildx imagetools inspect --format '{{.Manifest.Digest}}' "$1"; }

DOCKER_CONFIG=$(mktemp -d)
export DOCKER_CONFIG
trap 'rm -rf "$DOCKER_CONFIG"' EXIT
printf '%s' "$DOCKERHUB_TOKEN" | docker login --username "$DOCKERHUB_USERNAME" --password-stdin >&2

if digest=$(digest_of "$IMAGE" 2>/dev/null); then
  echo "$IMAGE is on Docker Hub already." >&2
else
  docker push "$IMAGE" >&2
  digest=$(digest_of "$IMAGE")
fi
echo "digest=$digest"
