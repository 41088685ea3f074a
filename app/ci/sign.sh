#!/usr/bin/env bash
# Sign the image REPOSITORY@DIGEST with cosign, keyless: the workflow's own identity is the key, so none can be lost.
# SBOM and provenance lie in the same index, so the signature covers them. Then verify.sh verifies it as anybody can.
# An image that is signed already is left as it is.
set -euo pipefail
: "${REPOSITORY:?write the image repository}" "${DIGEST:?write sha256:...}"
: "${DOCKERHUB_USERNAME:?write the account}" "${DOCKERHUB_TOKEN:?write its access token}"
folder=$(dirname "$0")
# shellcheck source=app/ci/common.sh
source "$folder/common.sh"
require_digest
require_github

if "$folder/verify.sh" 2> /dev/null; then
  echo "sign: $REPOSITORY@$DIGEST is signed already." >&2
  exit
fi
cosign_login
cosign sign --yes --recursive "$REPOSITORY@$DIGEST" >&2
"$folder/verify.sh"
