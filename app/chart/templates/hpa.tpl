{{- with .Values.autoscaling }}
{{- if .enabled }}
{{- if gt (int .minReplicas) (int .maxReplicas) }}
{{- fail (printf "autoscaling.minReplicas is %d, more than autoscaling.maxReplicas, %d: write a minimum of at most %d." (int .minReplicas) (int .maxReplicas) (int .maxReplicas)) }}
{{- end }}
{{- if not (dig "requests" "cpu" "" $.Values.resources) }}
{{- fail "resources.requests.cpu is empty, and autoscaling is in percent of it: write a request, for example 100m." }}
{{- end }}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ include "flask-app.fullname" $ }}
  labels:
    {{- include "flask-app.labels" $ | nindent 4 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ include "flask-app.fullname" $ }}
  minReplicas: {{ .minReplicas }}
  maxReplicas: {{ .maxReplicas }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: {{ .targetCPUUtilizationPercentage }}
  behavior:
    {{- with $.Values.autoscalingBehavior }}
    scaleUp:
      stabilizationWindowSeconds: {{ .scaleUpWindowSeconds }}
      policies:
        - type: Pods
          value: {{ .scaleUpPodsPerPeriod }}
          periodSeconds: {{ .scaleUpPeriodSeconds }}
    scaleDown:
      stabilizationWindowSeconds: {{ .scaleDownWindowSeconds }}
      policies:
        - type: Pods
          value: {{ .scaleDownPodsPerPeriod }}
          periodSeconds: {{ .scaleDownPeriodSeconds }}
    {{- end }}
{{- end }}
{{- end }}
