apiVersion: v1
kind: Pod
metadata:
  name: {{ include "flask-app.fullname" . }}-test
  labels:
    {{- include "flask-app.testLabels" . | nindent 4 }}
  annotations:
    helm.sh/hook: test
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
spec:
  restartPolicy: Never
  automountServiceAccountToken: false
  enableServiceLinks: false
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    {{- include "flask-app.podSecurityContext" . | nindent 4 }}
  containers:
    # The application's own image: it has an HTTP client, and nothing more needs to be pulled.
    - name: hello
      image: {{ include "flask-app.image" . | quote }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      command: [python, -c]
      args:
        - |
          import json, urllib.request
          url = "http://{{ include "flask-app.fullname" . }}:{{ .Values.service.port }}/hello/helm"
          request = urllib.request.Request(url, headers={"Accept": "application/json"})
          answer = json.load(urllib.request.urlopen(request, timeout=10))
          assert answer["user"] == "helm", answer
          print(answer["message"])
      resources:
        requests: {cpu: 10m, memory: 32Mi}
        limits: {memory: 64Mi}
      securityContext:
        {{- include "flask-app.containerSecurityContext" . | nindent 8 }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
