# shellcheck shell=bash
# What the scripts beside this one share; it is sourced.

# fail SENTENCE [REASON]: end with one sentence that begins with the script's name.
fail() {
  local name=${0##*/}
  echo "${name%.sh}: $1${2:+ ($2)}" >&2
  exit 1
}

# registry_of NAME: the registry's host; Docker Hub's where an image's name begins with none.
registry_of() {
  case ${1%%/*} in
    *.* | *:* | localhost) echo "${1%%/*}" ;;
    *) echo docker.io ;;
  esac
}

# digest_of IMAGE: the digest of an image that skopeo reads (docker://..., oci-archive:...).
digest_of() {
  local manifest
  manifest=$(mktemp)
  if skopeo inspect --raw "$1" > "$manifest"; then
    echo "sha256:$(sha256sum < "$manifest" | cut -d ' ' -f 1)"
    rm -f "$manifest"
  else
    rm -f "$manifest"
    return 1
  fi
}

# require_digest: end unless DIGEST is one. A tag in its place could be moved to another image.
require_digest() {
  [[ $DIGEST =~ ^sha256:[0-9a-f]{64}$ ]] ||
    fail "DIGEST is '$DIGEST': write sha256: and 64 hexadecimal digits, as push.sh prints them"
}

# require_github: end unless this runs in GitHub Actions, which alone has an identity to sign with.
require_github() {
  : "${GITHUB_SERVER_URL:?only GitHub Actions has it}" "${GITHUB_WORKFLOW_REF:?only GitHub Actions has it}"
  : "${GITHUB_SHA:?only GitHub Actions has it}" "${GITHUB_REF:?only GitHub Actions has it}"
}

# cosign_login: let cosign use REPOSITORY's registry with the account, until this script ends.
cosign_login() {
  DOCKER_CONFIG=$(mktemp -d)
  export DOCKER_CONFIG
  trap 'rm -rf "$DOCKER_CONFIG"' EXIT
  printf '%s' "$DOCKERHUB_TOKEN" |
    cosign login "$(registry_of "$REPOSITORY")" --username "$DOCKERHUB_USERNAME" --password-stdin >&2
}
