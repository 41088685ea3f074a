"""Checks that use the platform as people do, and their report."""
