"""The sample application: greets people, and shows how a small Flask service runs on Kubernetes.

Nothing is imported here: gunicorn.conf.py must choose the metrics folder before prometheus_client is loaded.
"""
