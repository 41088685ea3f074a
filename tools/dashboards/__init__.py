"""Grafana's dashboards of the platform, made by code: one module each, and what they share."""
