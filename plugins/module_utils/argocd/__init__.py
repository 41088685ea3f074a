"""Argo CD: who delivers a release, the objects that configure it, and whom it notifies."""
