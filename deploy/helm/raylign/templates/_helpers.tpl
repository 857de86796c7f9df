{{/* Short enough for what KubeRay appends. */}}
{{- define "raylign.name" -}}
{{- if contains "raylign" .Release.Name -}}{{ .Release.Name | trunc 36 | trimSuffix "-" }}
{{- else -}}{{ printf "%s-raylign" (.Release.Name | trunc 28 | trimSuffix "-") }}
{{- end -}}
{{- end -}}

{{- define "raylign.gateway" -}}{{ include "raylign.name" . }}-gateway{{- end -}}
{{- define "raylign.homeClaim" -}}{{ .Values.storage.home.existingClaim | default (printf "%s-home" (include "raylign.name" .)) }}{{- end -}}
{{- define "raylign.rayToken" -}}{{ .Values.ray.auth.existingSecret | default (include "raylign.name" .) }}{{- end -}}

{{- define "raylign.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default (printf "%s-%s" .Chart.AppVersion .Values.image.variant) }}
{{- end -}}

{{- define "raylign.labels" -}}
app.kubernetes.io/name: raylign
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "raylign.gatewayLabels" -}}
app.kubernetes.io/name: raylign
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: gateway
{{- end -}}

{{- define "raylign.userSecurity" -}}
runAsNonRoot: true
runAsUser: {{ .Values.user.id }}
runAsGroup: {{ .Values.user.group }}
fsGroup: {{ .Values.user.group }}
fsGroupChangePolicy: OnRootMismatch
{{- end -}}

{{/* What lies on the shared storage besides the gateway's own secrets. */}}
{{- define "raylign.sharedMounts" -}}
{{- range .Values.storage.shared }}
- {name: shared-{{ .name }}, mountPath: {{ .path }}, readOnly: true}
{{- end }}
{{- end -}}

{{- define "raylign.sharedVolumes" -}}
- name: home
  persistentVolumeClaim: {claimName: {{ include "raylign.homeClaim" . }}}
{{- range .Values.storage.shared }}
- name: shared-{{ .name }}
  persistentVolumeClaim: {claimName: {{ .claim }}, readOnly: true}
{{- end }}
{{- end -}}

{{/* A pod of Ray's: dict root, name, resources, gpus, nodeSelector, tolerations, head. */}}
{{- define "raylign.rayPod" -}}
{{- $root := .root -}}
{{- $values := $root.Values -}}
{{- $home := $values.storage.home.path -}}
metadata:
  labels:
    app.kubernetes.io/name: raylign
    app.kubernetes.io/component: ray
spec:
  serviceAccountName: {{ include "raylign.name" $root }}
  automountServiceAccountToken: {{ and .head $values.ray.autoscaler.enabled }}
  enableServiceLinks: false
  terminationGracePeriodSeconds: 60
  securityContext:
    {{- include "raylign.userSecurity" $root | nindent 4 }}
    seccompProfile: {type: {{ $values.sandbox.enabled | ternary "Unconfined" "RuntimeDefault" }}}
  {{- if $values.sandbox.enabled }}
    appArmorProfile: {type: Unconfined}
  hostUsers: false
  {{- end }}
  {{- with $values.image.pullSecrets }}
  imagePullSecrets: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .nodeSelector }}
  nodeSelector: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .tolerations }}
  tolerations: {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: {{ .name }}
      image: {{ include "raylign.image" $root }}
      imagePullPolicy: {{ $values.image.pullPolicy }}
      securityContext:
        allowPrivilegeEscalation: false
        capabilities: {drop: [ALL]}
        {{- if $values.sandbox.enabled }}
        procMount: Unmasked
        {{- end }}
      env:
        - {name: RAY_DEDUP_LOGS, value: "0"}
        - {name: HF_HOME, value: {{ $home }}/huggingface}
        {{- if .head }}
        - {name: RAY_GRAFANA_DATA_DASHBOARD_UID, value: {{ ($root.Files.Get "files/raylign.json" | fromJson).uid }}}
        {{- with $values.monitoring.prometheusUrl }}
        - {name: RAY_PROMETHEUS_HOST, value: {{ . | quote }}}
        {{- end }}
        {{- with $values.monitoring.grafanaUrl }}
        - {name: RAY_GRAFANA_HOST, value: {{ . | quote }}}
        {{- end }}
        {{- with $values.monitoring.grafanaBrowserUrl }}
        - {name: RAY_GRAFANA_IFRAME_HOST, value: {{ . | quote }}}
        {{- end }}
        {{- end }}
        {{- with $values.ray.env }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- with $values.ray.envFrom }}
      envFrom: {{- toYaml . | nindent 8 }}
      {{- end }}
      ports:
        - {name: metrics, containerPort: 8080}
        {{- if .head }}
        - {name: gcs-server, containerPort: 6379}
        - {name: dashboard, containerPort: 8265}
        {{- end }}
      resources: {{- include "raylign.resources" (dict "resources" .resources "gpus" .gpus) | nindent 8 }}
      volumeMounts:
        - {name: home, mountPath: {{ $home }}/jobs, subPath: jobs}
        - {name: home, mountPath: {{ $home }}/tenants, subPath: tenants, readOnly: true}
        - {name: home, mountPath: {{ $home }}/huggingface, subPath: huggingface}
        {{- include "raylign.sharedMounts" $root | nindent 8 }}
  volumes:
    {{- include "raylign.sharedVolumes" $root | nindent 4 }}
{{- end -}}

{{- define "raylign.resources" -}}
{{- $resources := deepCopy .resources -}}
{{- if .gpus -}}
{{- $limits := merge (dict "nvidia.com/gpu" .gpus) ($resources.limits | default dict) -}}
{{- $_ := set $resources "limits" $limits -}}
{{- end -}}
{{- toYaml $resources -}}
{{- end -}}
