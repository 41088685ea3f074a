"""The hosts file: its block, the addresses behind a name, and whether they answer."""
