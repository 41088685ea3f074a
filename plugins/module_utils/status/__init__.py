"""How a cluster stands, read without changing or holding anything: what playbooks/status.yml shows."""
