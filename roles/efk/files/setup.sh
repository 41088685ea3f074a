#!/usr/bin/env bash
# Sends the requests of the file `requests` to Elasticsearch and Kibana, in order, and waits for both as long as it takes
# until the deadline. Each may be sent again at any time. What is refused for good is told in one sentence.
set -uo pipefail

files=${SETUP_FILES:-/setup}
secrets=${SETUP_SECRETS:-/run/setup}
pause=${PAUSE_SECONDS:-5}
termination_log=${TERMINATION_LOG:-/dev/termination-log}
answer=$(mktemp)
deadline=$((SECONDS + DEADLINE_SECONDS))

give_up() {
  local sentence
  sentence="Refused: $1 ($2 $3): $4: $(tr -d '\n' <"$answer" | head -c 600)"
  printf '%s\n' "$sentence" >&2
  printf '%s\n' "$sentence" 2>/dev/null >"$termination_log"
  exit 1
}

# The password is in a file for curl, not among its arguments.
send() {
  local method=$1 service=$2 url=$3 body=$4
  local options=(--silent --show-error --max-time 60 --config "$secrets/credentials/curlrc"
    --cacert "$secrets/$service/ca.crt" --request "$method" --output "$answer" --write-out '%{http_code}')
  case $body in
    -) ;;
    *.ndjson) options+=(--header 'kbn-xsrf: true' --form "file=@$files/$body") ;;
    *) options+=(--header 'Content-Type: application/json' --data-binary "@$files/$body") ;;
  esac
  : >"$answer"
  curl "${options[@]}" "$url" 2>>"$answer"
}

is_accepted() {
  local status=$1 each
  for each in ${2//,/ }; do
    [[ $each == "$status":* ]] && grep -q "${each#*:}" "$answer" && return 0
  done
  return 1
}

while IFS=$'\t' read -r name method service path body accepted; do
  base=$ELASTICSEARCH_URL
  [[ $service == kibana ]] && base=$KIBANA_URL
  while true; do
    status=$(send "$method" "$service" "$base$path" "$body")
    case $status in
      2??)
        # Kibana's import answers 200 also where it took only some of the objects.
        [[ $service == kibana ]] && ! grep -q '"success":true' "$answer" && give_up "$name" "$method" "$path" "in part"
        break
        ;;
      # Not there yet, not ready yet, and rights that the operator has not brought to all nodes yet.
      000 | 401 | 403 | 408 | 429 | 5??) ;;
      *)
        is_accepted "$status" "$accepted" && break
        give_up "$name" "$method" "$path" "HTTP $status"
        ;;
    esac
    ((SECONDS >= deadline)) && give_up "$name" "$method" "$path" "HTTP $status until the end of $DEADLINE_SECONDS s"
    sleep "$pause"
  done
  printf 'Set: %s (%s %s): %s\n' "$name" "$method" "$path" "$status"
done <"$files/requests"
