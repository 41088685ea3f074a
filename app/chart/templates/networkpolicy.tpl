{{- if .Values.networkPolicy.enabled }}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "flask-app.fullname" . }}
  labels:
    {{- include "flask-app.labels" . | nindent 4 }}
spec:
  podSelector:
    matchLabels:
      {{- include "flask-app.selectorLabels" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress:
    - from:
        {{- range list .Values.networkPolicy.ingressNamespace .Values.networkPolicy.monitoringNamespace }}
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: {{ . | quote }}
        {{- end }}
        - podSelector:
            matchLabels:
              {{- include "flask-app.testLabels" . | nindent 14 }}
      ports:
        - port: http
  egress:
    # To anywhere: the cluster's DNS may be pods, a cache on the node, or (EKS Auto Mode) a process of the node.
    - ports:
        - port: 53
          protocol: UDP
        - port: 53
          protocol: TCP
{{- end }}
