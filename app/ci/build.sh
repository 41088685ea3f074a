#!/usr/bin/env bash
# Build the image IMAGE (repository:tag) with VERSION and REVISION in it, from the checkout that this is run in.
# With ARCHIVE, a file, the image becomes an OCI archive for push.sh, which holds an SBOM and the provenance of the build,
# and digest=sha256:... is printed on standard output. Without ARCHIVE the image stays in Docker.
# LANDFALL_BUILDER is docker or buildah. BUILD_OPTIONS are more words for it, for a rehearsal without a registry.
set -euo pipefail
: "${IMAGE:?write repository:tag}" "${VERSION:?write the version}" "${REVISION:?write the commit}"
# shellcheck source=app/ci/common.sh
source "$(dirname "$0")/common.sh"
read -ra options <<< "${BUILD_OPTIONS:-}"
options+=(--build-arg "VERSION=$VERSION" --build-arg "REVISION=$REVISION" --tag "$IMAGE")

with_docker() {
  if [[ -z ${ARCHIVE:-} ]]; then
    docker build --pull "${options[@]}" .
    return
  fi
  # Docker's own builder makes no attestations; this one runs in a container and keeps nothing of an image. It is given
  # no layers of earlier builds: a cache would be a way into an image that is signed.
  docker buildx inspect landfall > /dev/null 2>&1 || docker buildx create --name landfall --driver docker-container
  docker buildx build --builder landfall --pull --sbom=true --provenance=mode=max \
    --output "type=oci,dest=$ARCHIVE" "${options[@]}" .
}

with_buildah() {
  : "${ARCHIVE:?write the file that the image goes to}"
  # Without these labels, where no file differs, an older image would be taken whole, its revision included.
  options+=(--label "org.opencontainers.image.version=$VERSION" --label "org.opencontainers.image.revision=$REVISION")
  buildah build --layers --format oci "${options[@]}" .
  rm -f "$ARCHIVE"
  buildah push --quiet "$IMAGE" "oci-archive:$ARCHIVE:$IMAGE"
  echo "build: SBOM and provenance: not run (buildah; LANDFALL_BUILDER=docker makes them)" >&2
}

# What the workflow signs is built on a digest. In a rehearsal elsewhere the tag will do.
if [[ ${GITHUB_ACTIONS:-} == true ]] && ! grep -qE '^ARG BASE=[^[:space:]]+@sha256:[0-9a-f]{64}[[:space:]]*$' Dockerfile; then
  fail "the base image in the Dockerfile has no digest, and its tag can move: run \`make lock\`, and commit what it writes"
fi
case ${LANDFALL_BUILDER:-docker} in
  docker) with_docker >&2 ;;
  buildah) with_buildah >&2 ;;
  *) fail "LANDFALL_BUILDER is '$LANDFALL_BUILDER': write docker or buildah." ;;
esac
[[ -z ${ARCHIVE:-} ]] || echo "digest=$(digest_of "oci-archive:$ARCHIVE")"
