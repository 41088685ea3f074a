"""Argo CD: who delivers a release, the objects that it is told by, and whom it notifies."""
