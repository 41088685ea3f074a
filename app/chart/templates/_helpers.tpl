{{- define "flask-app.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* The release's name, with the chart's name unless it is in there already. */}}
{{- define "flask-app.fullname" -}}
{{- $name := include "flask-app.name" . }}
{{- $generated := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) }}
{{- default $generated .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "flask-app.selectorLabels" -}}
app.kubernetes.io/name: {{ include "flask-app.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "flask-app.labels" -}}
{{ include "flask-app.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{/* The helm test pod's own labels: never the selector's, or the Service would send it traffic. */}}
{{- define "flask-app.testLabels" -}}
app.kubernetes.io/name: {{ include "flask-app.name" . }}-test
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* repository:tag@digest; the digest decides when both are given. */}}
{{- define "flask-app.image" -}}
{{- $tag := .Values.image.tag | default .Chart.AppVersion }}
{{- if eq $tag "latest" }}
{{- fail "image.tag must not be latest: write the tag of one build, for example 1.2.3-0a1b2c3." }}
{{- end }}
{{- $digest := ternary (printf "@%s" .Values.image.digest) "" (ne .Values.image.digest "") }}
{{- printf "%s:%s%s" .Values.image.repository $tag $digest }}
{{- end }}

{{- define "flask-app.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "flask-app.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* For a Service that has an NLB of its own: a pod answers for longer than the NLB still sends it connections. */}}
{{- define "flask-app.nlbAnnotations" -}}
service.beta.kubernetes.io/aws-load-balancer-target-group-attributes: deregistration_delay.timeout_seconds={{ max 0 (sub .Values.rollout.preStopSeconds 5) }}
{{- end }}
