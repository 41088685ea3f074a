"""Proof of use: each check does what a person or a program would do with the platform, and says what came of it."""
