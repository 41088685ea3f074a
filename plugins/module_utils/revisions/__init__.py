"""Revisions of the platform: what was seen ready together, and the way back to it."""
