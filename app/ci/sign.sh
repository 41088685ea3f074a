#!/usr/bin/env bash
# Sign the image REPOSITORY@DIGEST with cosign, keyless: the workflow's own identity is the key, so none can be lost.
# SBOM and provenance lie in the same index, so the signature covers them. Then the signature is verified as anybody can.
set -euo pipefail
: "${REPOSITORY:?write the image repository}" "${DIGEST:?write sha256:...}"
: "${DOCKERHUB_USERNAME:?write the account}" "${DOCKERHUB_TOKEN:?write its access token}"
: "${GITHUB_SERVER_URL:?only GitHub Actions has the identity}" "${GITHUB_WORKFLOW_REF:?only GitHub Actions has it}"

registry=${REPOSITORY%%/*}
case $registry in
  *.* | *:* | localhost) ;;
  *) registry=docker.io ;;
esac
DOCKER_CONFIG=$(mktemp -d)
export DOCKER_CONFIG
trap 'rm -rf "$DOCKER_CONFIG"' EXIT
printf '%s' "$DOCKERHUB_TOKEN" | cosign login "$registry" --username "$DOCKERHUB_USERNAME" --password-stdin >&2

cosign sign --yes --recursive "$REPOSITORY@$DIGEST" >&2
cosign verify "$REPOSITORY@$DIGEST" \
  --certificate-identity "$GITHUB_SERVER_URL/$GITHUB_WORKFLOW_REF" \
  --certificate-oidc-issuer https://token.actions.githubusercontent.com > /dev/null
