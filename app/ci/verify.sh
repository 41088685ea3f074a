#!/usr/bin/env bash
# Verify that this very workflow, run for this very commit and branch, has signed the image REPOSITORY@DIGEST.
# GitHub Actions' variables say which those are. A private repository takes DOCKERHUB_USERNAME and DOCKERHUB_TOKEN too.
set -euo pipefail
: "${REPOSITORY:?write the image repository}" "${DIGEST:?write sha256:...}"
# shellcheck source=app/ci/common.sh
source "$(dirname "$0")/common.sh"
require_digest
require_github
[[ -z ${DOCKERHUB_TOKEN:-} ]] || cosign_login

identity=$GITHUB_SERVER_URL/$GITHUB_WORKFLOW_REF
said=$(cosign verify "$REPOSITORY@$DIGEST" \
  --certificate-identity "$identity" \
  --certificate-oidc-issuer https://token.actions.githubusercontent.com \
  --certificate-github-workflow-sha "$GITHUB_SHA" \
  --certificate-github-workflow-ref "$GITHUB_REF" 2>&1 > /dev/null) ||
  fail "$REPOSITORY@$DIGEST has no valid signature of $identity for commit $GITHUB_SHA" "$(tail -n 1 <<< "$said")"
