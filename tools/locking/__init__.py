"""Pins, written from what upstream itself serves: charts, the image's base, the workflow's actions, the tools."""
