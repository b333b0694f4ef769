{{- define "ebbline.name" -}}
{{ .Release.Name | trunc 50 | trimSuffix "-" }}-ebbline
{{- end }}

{{- define "ebbline.selector" -}}
app.kubernetes.io/name: ebbline
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "ebbline.labels" -}}
{{ include "ebbline.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}
