"""Revisions of the platform: what was seen ready together, and the rollback to it."""
