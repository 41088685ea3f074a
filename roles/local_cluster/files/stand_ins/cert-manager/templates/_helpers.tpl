{{/* The same in each stand-in, since a chart must stand alone.
     Labels that Services, monitors and budgets select by. Takes a list: root, name. */}}
{{- define "stand-in.selector" -}}
app.kubernetes.io/name: {{ index . 1 }}
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
{{- end }}
{{- define "stand-in.labels" -}}
{{ include "stand-in.selector" . }}
app.kubernetes.io/managed-by: {{ (index . 0).Release.Service }}
app.kubernetes.io/version: {{ (index . 0).Chart.AppVersion | quote }}
helm.sh/chart: {{ (index . 0).Chart.Name }}-{{ (index . 0).Chart.Version }}
{{- end }}
{{/* Pod settings that values may carry. Takes the map that holds them. */}}
{{- define "stand-in.pod" -}}
securityContext: {runAsNonRoot: true, runAsUser: 65534, seccompProfile: {type: RuntimeDefault}}
{{- $keys := list "nodeSelector" "tolerations" "affinity" "topologySpreadConstraints" "priorityClassName" }}
{{- range $key := concat $keys (list "terminationGracePeriodSeconds" "imagePullSecrets") }}
{{- with index $ $key }}
{{ $key }}: {{ toJson . }}
{{- end }}
{{- end }}
{{- end }}
{{- define "stand-in.container" -}}
securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
{{- end }}
