#!/usr/bin/env bash
# From an account with nothing in it to the platform and back to nothing, on real AWS: for a person with an account.
# It asks before it begins, since it makes a cluster that AWS bills. Nothing else of this repository runs it.
#   tests/aws_acceptance.sh                 do it
#   tests/aws_acceptance.sh --dry-run       only print the commands
#   tests/aws_acceptance.sh --from STAGE    go on where it was cut off: cluster platform verify uninstall absent orphans
set -euo pipefail
cd "$(dirname "$0")/.."

# What is kept of a run is what each task did.
export ANSIBLE_STDOUT_CALLBACK=ansible.builtin.default

NAME=${LANDFALL_ACCEPTANCE_NAME:-landfall-acceptance}
REGION=${AWS_REGION:-${AWS_DEFAULT_REGION:-eu-central-1}}
STATE=$PWD/.landfall/acceptance
HOSTS=$STATE/hosts
STAGES=(cluster platform verify uninstall absent orphans)
DRY_RUN=
FROM=cluster

while [ $# -gt 0 ]; do
  case $1 in
    --dry-run) DRY_RUN=1 ;;
    --from) FROM=${2:?--from wants a stage: ${STAGES[*]}}; shift ;;
    *) sed -n '2,7s/^# //p' "$0"; exit 2 ;;
  esac
  shift
done
case " ${STAGES[*]} " in
  *" $FROM "*) ;;
  *) echo "aws-acceptance: $FROM is no stage: write one of ${STAGES[*]}." >&2; exit 2 ;;
esac

# run COMMAND...: print it, and run it unless this is a dry run.
run() {
  printf '+'
  printf ' %q' "$@"
  printf '\n'
  [ -n "$DRY_RUN" ] || "$@"
}

# capture FILE COMMAND...: the same, with what it prints kept in a file.
capture() {
  local file=$1
  shift
  printf '+ %s > %s\n' "$*" "$file"
  [ -n "$DRY_RUN" ] || "$@" > "$file"
}

play() {
  local playbook=$1
  shift
  run ansible-playbook -i "$STATE/hosts.yml" "playbooks/$playbook.yml" "$@"
}

settings() {
  printf '+ write %s\n' "$STATE/hosts.yml"
  [ -z "$DRY_RUN" ] || return 0
  mkdir -p "$STATE"
  local here
  here=$(curl --silent --show-error --fail --max-time 20 https://checkip.amazonaws.com)/32
  cat > "$STATE/hosts.yml" << YAML
---
clusters:
  hosts:
    $NAME:
      ansible_connection: local
      ansible_python_interpreter: "{{ ansible_playbook_python }}"
      platform_state_dir: "$STATE"
      platform_aws_region: "$REGION"
      platform_kubeconfig: "$STATE/$NAME.kubeconfig"
      cluster_endpoint_cidrs: ["$here"]
      # Whoever runs this.
      cluster_creator_is_admin: true
      ingress_allowed_cidrs: ["$here"]
      hosts_file: "$HOSTS"
      # In no registry yet, and not what is looked at here.
      flask_app_enabled: false
YAML
}

cluster() { play cluster; }

platform() { play site -e "@$STATE/$NAME.yml"; }

verify() {
  # A second run and a plan have nothing to say.
  capture "$STATE/again.log" ansible-playbook -i "$STATE/hosts.yml" playbooks/site.yml -e "@$STATE/$NAME.yml"
  run grep -E "changed=0 .*failed=0" "$STATE/again.log"
  capture "$STATE/plan.log" ansible-playbook -i "$STATE/hosts.yml" playbooks/site.yml -e "@$STATE/$NAME.yml" --check
  run grep -E "changed=0 .*failed=0" "$STATE/plan.log"
  local host address
  for host in kibana.example.org grafana.example.org; do
    address=ADDRESS
    [ -n "$DRY_RUN" ] || address=$(awk -v host="$host" '$2 == host {print $1; exit}' "$HOSTS")
    run curl --silent --show-error --fail --location --retry 20 --retry-all-errors --retry-delay 15 --output /dev/null \
      --cacert "$STATE/ca.crt" --resolve "$host:443:$address" "https://$host/"
  done
}

uninstall() {
  play uninstall -e "@$STATE/$NAME.yml" -e uninstall_delete=volumes,addresses,credentials
  capture "$STATE/uninstalled.log" ansible-playbook -i "$STATE/hosts.yml" playbooks/uninstall.yml -e "@$STATE/$NAME.yml"
  run grep -E "changed=0 .*failed=0" "$STATE/uninstalled.log"
}

absent() {
  play cluster -e state=absent -e cluster_protected=false -e cluster_delete=volumes,addresses,snapshots,logs
}

# Empty but for a key that AWS itself deletes after its days of grace.
EMPTY='import json, sys
found = json.load(open(sys.argv[1]))
left = [row for row in found["rows"] if row["taken"] != "no: AWS deletes it"] + found["unread"]
sys.exit("\n".join(map(str, left)))'

orphans() {
  play orphans
  run python -c "$EMPTY" "$STATE/orphans.json"
}

cat << TEXT
aws-acceptance makes the cluster $NAME in $REGION, rolls the platform out on it, looks at it, and takes all of it away.

  time   about 75 minutes: cluster 20, platform 15, looking at it 10, uninstallation 10, taking the cluster away 20
  cost   about 1 USD an hour while it is there, list prices without traffic: EKS 0.10, three nodes 0.30, a NAT gateway
         0.05, two load balancers 0.05, public addresses 0.04, volumes 0.03; playbooks/cluster.yml --check estimates too
  yours  nothing that lacks the tag landfall.eks/cluster = $NAME, or those that its controllers give, is touched

If it is cut off, --from <stage> goes on; playbooks/orphans.yml says what is there, and --from absent takes it away.
TEXT
if [ -z "$DRY_RUN" ]; then
  aws_identity=$(python -c "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])")
  read -r -p "As $aws_identity. Type the cluster's name to begin: " answer
  [ "$answer" = "$NAME" ] || { echo "aws-acceptance: nothing was begun."; exit 1; }
fi

settings
begun=
for stage in "${STAGES[@]}"; do
  [ "$stage" = "$FROM" ] && begun=1
  [ -n "$begun" ] || continue
  printf '\n== %s\n' "$stage"
  "$stage"
done
if [ -n "$DRY_RUN" ]; then
  printf '\naws-acceptance: only printed; not run\n'
else
  printf '\naws-acceptance: all stages ended well, and AWS holds nothing of %s\n' "$NAME"
fi
