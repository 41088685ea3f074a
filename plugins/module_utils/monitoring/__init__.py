"""Prometheus, Alertmanager and Grafana: objectives, alerts, receivers and dashboards."""
