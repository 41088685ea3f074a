"""Helm: its records in the cluster, its command, charts and their sources, definitions, and what a chart renders."""
