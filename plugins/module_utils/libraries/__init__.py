"""The libraries that are no part of Ansible's modules: each is imported here, or stood in for."""
