"""Credentials made once, in memory, and kept in Secrets of the cluster: passwords, a CA and its certificates."""
