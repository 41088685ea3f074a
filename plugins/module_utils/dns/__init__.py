"""Route 53: the zones of an account, the records of a cluster in them, and what tells these from those of others."""
