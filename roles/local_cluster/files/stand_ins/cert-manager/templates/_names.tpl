{{/* Takes a list: root, the map of an image. */}}
{{- define "stand-in.image" -}}
{{- $root := index . 0 }}
{{- $image := index . 1 }}
{{- $named := printf "%s/%s/%s" $root.Values.imageRegistry $root.Values.imageNamespace $image.name }}
{{- $image.repository | default $named }}:{{ $root.Chart.AppVersion }}
{{- end }}
{{/* What upstream selects by. Takes a list: root, name, component. */}}
{{- define "stand-in.part" -}}
{{ include "stand-in.selector" (list (index . 0) (index . 1)) }}
app.kubernetes.io/component: {{ index . 2 }}
{{- end }}
{{- define "stand-in.part-labels" -}}
app: {{ index . 1 }}
app.kubernetes.io/component: {{ index . 2 }}
{{ include "stand-in.labels" (list (index . 0) (index . 1)) }}
{{- end }}
