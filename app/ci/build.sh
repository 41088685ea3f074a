#!/usr/bin/env bash
# Build the image IMAGE (repository:tag) with VERSION and REVISION in it, from the checkout that this is run in.
# With ARCHIVE, a file, the image becomes an OCI archive for push.sh: it holds an SBOM and the provenance of the build,
# and BUILD_CACHE, a folder, keeps layers for the next one. Without ARCHIVE the image stays in Docker.
# LANDFALL_BUILDER is docker or buildah. BUILD_OPTIONS are more words for it, for a rehearsal without a registry.
set -euo pipefail
: "${IMAGE:?write repository:tag}" "${VERSION:?write the version}" "${REVISION:?write the commit}"
read -ra options <<< "${BUILD_OPTIONS:-}"
options+=(--build-arg "VERSION=$VERSION" --build-arg "REVISION=$REVISION" --tag "$IMAGE")

with_docker() {
  if [[ -z ${ARCHIVE:-} ]]; then
    docker build --pull "${options[@]}" .
    return
  fi
  # Docker's own builder makes no attestations; this one runs in a container and keeps nothing of an image.
  docker buildx inspect landfall > /dev/null 2>&1 || docker buildx create --name landfall --driver docker-container
  if [[ -n ${BUILD_CACHE:-} ]]; then
    options+=(--cache-to "type=local,mode=max,dest=$BUILD_CACHE.new")
    [[ ! -d $BUILD_CACHE ]] || options+=(--cache-from "type=local,src=$BUILD_CACHE")
  fi
  docker buildx build --builder landfall --pull --sbom=true --provenance=mode=max \
    --output "type=oci,dest=$ARCHIVE" "${options[@]}" .
  # Written beside the old one, which would only grow.
  [[ -z ${BUILD_CACHE:-} ]] || { rm -rf "$BUILD_CACHE" && mv "$BUILD_CACHE.new" "$BUILD_CACHE"; }
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

case ${LANDFALL_BUILDER:-docker} in
  docker) with_docker ;;
  buildah) with_buildah ;;
  *)
    echo "build: LANDFALL_BUILDER is '$LANDFALL_BUILDER': write docker or buildah." >&2
    exit 1
    ;;
esac
