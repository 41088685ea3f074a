{{/* Labels of one part of the stack. Takes a map: root, part. */}}
{{- define "stand-in.labels" -}}
app.kubernetes.io/name: {{ .part }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .part }}-{{ .root.Chart.Version }}
{{- end }}
{{/* Metadata of one part's resource. Takes a map: root, part, name, labels, annotations. */}}
{{- define "stand-in.metadata" -}}
name: {{ .name }}
labels: {{- merge (dict) .labels (include "stand-in.labels" . | fromYaml) | toYaml | nindent 2 }}
annotations: {{ toJson .annotations }}
{{- end }}
{{/* The Ingress of one part. Takes the map of stand-in.metadata, and: ingress, service, port, certificate. */}}
{{- define "stand-in.ingress" }}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
{{- $own := dict "labels" .ingress.labels "annotations" .ingress.annotations }}
metadata: {{- include "stand-in.metadata" (merge $own (omit . "labels" "annotations")) | nindent 2 }}
spec:
  {{- with .ingress.className }}
  ingressClassName: {{ . }}
  {{- end }}
  {{- if .ingress.tls.enabled }}
  tls:
    - secretName: {{ .ingress.tls.secretName | default .certificate }}
      hosts: [{{- range $i, $rule := .ingress.hosts }}{{ if $i }}, {{ end }}{{ $rule.host }}{{ end }}]
  {{- end }}
  rules:
    {{- range .ingress.hosts }}
    - host: {{ .host }}
      http:
        paths:
          - path: {{ .path | default "/" }}
            pathType: {{ $.ingress.pathType }}
            backend: {service: {name: {{ $.service }}, port: {number: {{ $.port }}}}}
    {{- end }}
{{- end }}
