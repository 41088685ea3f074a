{{/* The prefix of most objects' names: as upstream, release name and nameOverride unless one holds the other. */}}
{{- define "stand-in.prefix" -}}
{{- if .Values.fullnameOverride }}{{ .Values.fullnameOverride }}
{{- else if contains .Values.nameOverride .Release.Name }}{{ .Release.Name }}
{{- else }}{{ .Release.Name }}-{{ .Values.nameOverride }}
{{- end }}
{{- end }}
{{/* Takes a list: root, component. */}}
{{- define "stand-in.part" -}}
{{ include "stand-in.labels" (list (index . 0) (printf "%s-%s" (index . 0).Values.nameOverride (index . 1))) }}
app.kubernetes.io/component: {{ index . 1 }}
app.kubernetes.io/part-of: argocd
{{- end }}
{{/* The value keys of the components, with the facts that are not values. */}}
{{- define "stand-in.components" -}}
controller: {name: application-controller, kind: StatefulSet, account: argocd-application-controller, metrics: 8082}
server:
  name: server
  account: argocd-server
  ports: [{name: server, containerPort: 8080}]
  service: [{name: http, port: 80, targetPort: 8080}, {name: https, port: 443, targetPort: 8080}]
  metrics: 8083
  metricsName: server-metrics
repoServer:
  name: repo-server
  ports: [{name: repo-server, containerPort: 8081}]
  service: [{name: tcp-repo-server, port: 8081, targetPort: repo-server}]
  metrics: 8084
  metricsName: repo-server-metrics
applicationSet:
  name: applicationset-controller
  account: argocd-applicationset-controller
  ports: [{name: webhook, containerPort: 7000}]
  service: [{name: http-webhook, port: 7000, targetPort: webhook}]
  metrics: 8080
notifications:
  name: notifications-controller
  account: argocd-notifications-controller
  strategy: {type: Recreate}
  metrics: 9001
dex:
  name: dex-server
  account: argocd-dex-server
  ports: [{name: http, containerPort: 5556}, {name: grpc, containerPort: 5557}]
  service: [{name: http, port: 5556, targetPort: http}, {name: grpc, port: 5557, targetPort: grpc}]
  metrics: 5558
redis:
  name: redis
  ports: [{name: redis, containerPort: 6379}]
  service: [{name: redis, port: 6379, targetPort: redis}]
  metrics: 9121
{{- end }}
{{/* What the CRDs' metadata carry. */}}
{{- define "stand-in.crd" -}}
labels: {{ merge (dict "app.kubernetes.io/part-of" "argocd") .Values.crds.additionalLabels | toJson }}
{{- $keep := ternary (dict "helm.sh/resource-policy" "keep") dict .Values.crds.keep }}
annotations: {{ merge $keep .Values.crds.annotations | toJson }}
{{- end }}
