{{/* Labels of what the chart itself makes, as opposed to its parts. Takes a list: root, app. */}}
{{- define "stand-in.own" -}}
app: kube-prometheus-stack-{{ index . 1 }}
release: {{ (index . 0).Release.Name }}
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
app.kubernetes.io/managed-by: {{ (index . 0).Release.Service }}
app.kubernetes.io/part-of: kube-prometheus-stack
{{- end }}
{{/* Takes a list: root, image. */}}
{{- define "stand-in.image" -}}
{{- with index . 1 }}
{{- (index $ 0).Values.global.imageRegistry | default .registry }}/{{ .repository }}:{{ .tag }}
{{- end }}
{{- end }}
