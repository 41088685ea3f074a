#!/usr/bin/env bash
# Push the OCI archive ARCHIVE, with all that belongs to the image, to the registry as IMAGE (repository:tag), and print
# digest=sha256:... on standard output. Docker Hub, unless IMAGE begins with another registry's host.
# A tag that is there already stays as it is: what was deployed under a name never changes.
set -euo pipefail
: "${IMAGE:?write repository:tag}" "${ARCHIVE:?write the file that build.sh made}"
: "${DOCKERHUB_USERNAME:?write the account}" "${DOCKERHUB_TOKEN:?write its access token}"

fail() {
  echo "push: $1 (${2:-the registry gave no reason})" >&2
  exit 1
}

registry=${IMAGE%%/*}
case $registry in
  *.* | *:* | localhost) ;;
  *) registry=docker.io ;;
esac
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export REGISTRY_AUTH_FILE=$scratch/auth.json
# The last thing that skopeo said, without the time.
said() { tail -n 1 "$scratch/said" | sed -E 's/^time=.* msg="(.*)"$/\1/'; }

# The digest of what the registry has under the tag; status 3 if it has none.
digest_there() {
  local try
  for try in 1 2 3; do
    if skopeo inspect --raw "docker://$IMAGE" > "$scratch/manifest" 2> "$scratch/said"; then
      echo "sha256:$(sha256sum < "$scratch/manifest" | cut -d ' ' -f 1)"
      return 0
    fi
    ! grep -qiE 'manifest unknown|name unknown|not known to registry' "$scratch/said" || return 3
    sleep $((try * 2))
  done
  # Pushing blindly might replace an image that is deployed.
  fail "$registry does not say whether it has $IMAGE: is it up, is there such a repository, may the token read it?" "$(said)"
}

printf '%s' "$DOCKERHUB_TOKEN" |
  skopeo login --username "$DOCKERHUB_USERNAME" --password-stdin "$registry" > "$scratch/said" 2>&1 ||
  fail "$registry refuses the login of $DOCKERHUB_USERNAME, or does not answer: write a valid DOCKERHUB_TOKEN" "$(said)"

if digest=$(digest_there); then
  echo "push: $IMAGE is there already and stays as it is." >&2
elif [[ $? -ne 3 ]]; then
  exit 1
else
  skopeo copy --quiet --all --preserve-digests --retry-times 3 --digestfile "$scratch/digest" \
    "oci-archive:$ARCHIVE" "docker://$IMAGE" 2> "$scratch/said" ||
    fail "$registry takes no push of $IMAGE: the token needs Read & Write" "$(said)"
  digest=$(digest_there) || fail "$IMAGE was pushed, but is not there"
  [[ $digest == "$(< "$scratch/digest")" ]] || fail "$IMAGE was pushed by somebody else at the same time" "$digest"
fi
echo "digest=$digest"
