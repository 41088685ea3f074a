#!/usr/bin/env bash
# Takes the releases of the causes (the arguments) away, and what stood in their way.
set -euo pipefail
cd "$(dirname "$0")"

kubectl taint nodes --selector=topology.kubernetes.io/zone=eu-west-1a example.org/kept-
kubectl patch configmap held --namespace=terminating --patch='{"metadata": {"finalizers": null}}' || true
kubectl delete apiservice v1.endpoints.landfall.test --ignore-not-found
kubectl delete --filename=obstacles.yml --wait=false --ignore-not-found
kubectl delete namespace --ignore-not-found --timeout=180s "$@"
