"""Kubernetes: one client, objects as they are read, applied, judged and masked."""
