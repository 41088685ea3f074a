#!/usr/bin/env bash
# One good release per cause (the arguments), noted as seen ready as the settling would; then what stands in the way.
set -euo pipefail
cd "$(dirname "$0")"

printf '%s\n' "$@" | xargs -P 3 -I% helm install % chart --namespace=% --create-namespace > /dev/null
for cause in "$@"; do
  kubectl wait --for=condition=Available --timeout=90s deployment/"$cause" --namespace="$cause" > /dev/null
done
kubectl label secrets --all-namespaces --selector="owner=helm,version=1,name in ($(IFS=,; echo "$*"))" \
  landfall.eks/identity=1.good-good landfall.eks/chart-source=upstream > /dev/null

kubectl apply --filename=obstacles.yml > /dev/null
kubectl label namespace pod-security pod-security.kubernetes.io/enforce=restricted
kubectl taint nodes --selector=topology.kubernetes.io/zone=eu-west-1a example.org/kept=yes:NoSchedule
kubectl apply --server-side --force-conflicts --field-manager=hands --filename=hand-edit.yml
# A namespace that cannot go, since something in it has a finalizer that nobody takes away.
kubectl create configmap held --namespace=terminating
kubectl patch configmap held --namespace=terminating --patch='{"metadata": {"finalizers": ["example.org/held"]}}'
kubectl delete namespace terminating --wait=false
kubectl wait --for=delete secret/sh.helm.release.v1.terminating.v1 --namespace=terminating --timeout=60s
