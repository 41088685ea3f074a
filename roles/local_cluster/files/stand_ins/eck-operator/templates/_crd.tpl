{{/* What the CRDs' metadata carry. */}}
{{- define "stand-in.crd" -}}
annotations: {helm.sh/resource-policy: keep}
labels:
  app.kubernetes.io/name: eck-operator-crds
  app.kubernetes.io/instance: {{ .Release.Name }}
  app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}
