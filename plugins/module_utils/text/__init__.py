"""Files, tables, pages and digests: what knows nothing of Kubernetes or AWS."""
