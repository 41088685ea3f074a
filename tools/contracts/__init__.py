"""Contracts of charts: which values a chart knows, as keys and types alone, and whether ours keep to them."""
