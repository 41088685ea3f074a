"""The Lease that keeps two runs from working on one cluster."""
