#!/usr/bin/env bash
# Push the OCI archive ARCHIVE, with all that belongs to the image, to the registry as IMAGE (repository:tag), and print
# digest=sha256:... on standard output. Docker Hub, unless IMAGE begins with another registry's host. With DIGEST, the
# archive must have it.
# A tag that is there already stays as it is. It is taken only with the digest of the archive, or with a signature of
# this very workflow for this very commit (verify.sh): the registry's word for what lies under a tag counts for nothing.
set -euo pipefail
: "${IMAGE:?write repository:tag}" "${ARCHIVE:?write the file that build.sh made}"
: "${DOCKERHUB_USERNAME:?write the account}" "${DOCKERHUB_TOKEN:?write its access token}"
folder=$(dirname "$0")
# shellcheck source=app/ci/common.sh
source "$folder/common.sh"

registry=$(registry_of "$IMAGE")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export REGISTRY_AUTH_FILE=$scratch/auth.json
# The last thing that a program said, without the time.
said() {
  local line
  line=$(tail -n 1 "$scratch/said" | sed -E 's/^time=.* msg="(.*)"$/\1/')
  echo "${line:-no reason was given}"
}
others="push a new commit, which gets a new tag, and find out who pushed this one"

# The digest of what the registry has under the tag; status 3 if it has none.
digest_there() {
  local try
  for try in 1 2 3; do
    ! digest_of "docker://$IMAGE" 2> "$scratch/said" || return 0
    ! grep -qiE 'manifest unknown|name unknown|not known to registry' "$scratch/said" || return 3
    sleep $((try * 2))
  done
  # Pushing blindly might replace an image that is deployed.
  fail "$registry does not say whether it has $IMAGE: is it up, is there such a repository, may the token read it?" "$(said)"
}

# Take the digest that the tag already has, if it is right.
take() {
  if [[ $there == "$built" ]]; then
    echo "push: $IMAGE is there already, with the digest that was built." >&2
  elif REPOSITORY=${IMAGE%:*} DIGEST=$there "$folder/verify.sh" > "$scratch/said" 2>&1; then
    echo "push: $IMAGE is there already, signed by this workflow for this commit: that image is taken." >&2
  else
    fail "$IMAGE is there already as $there, which is neither what was built ($built) nor signed by this workflow for this commit: $others" "$(said)"
  fi
}

built=$(digest_of "oci-archive:$ARCHIVE" 2> "$scratch/said") ||
  fail "$ARCHIVE is no OCI archive of one image: run build.sh with ARCHIVE" "$(said)"
[[ ${DIGEST-$built} == "$built" ]] ||
  fail "$ARCHIVE has the digest $built, but the build said '$DIGEST': it was replaced on its way here, so nothing is pushed"
printf '%s' "$DOCKERHUB_TOKEN" |
  skopeo login --username "$DOCKERHUB_USERNAME" --password-stdin "$registry" > "$scratch/said" 2>&1 ||
  fail "$registry refuses the login of $DOCKERHUB_USERNAME, or does not answer: write a valid DOCKERHUB_TOKEN" "$(said)"

if there=$(digest_there); then
  take
elif [[ $? -ne 3 ]]; then
  exit 1
else
  skopeo copy --quiet --all --preserve-digests --retry-times 3 \
    "oci-archive:$ARCHIVE" "docker://$IMAGE" > "$scratch/said" 2>&1 ||
    fail "$registry takes no push of $IMAGE: the token needs Read & Write" "$(said)"
  there=$(digest_there) || fail "$IMAGE was pushed, but is not there"
  [[ $there == "$built" ]] || fail "$IMAGE was pushed by somebody else at the same time, as $there: $others"
fi
echo "digest=$there"
