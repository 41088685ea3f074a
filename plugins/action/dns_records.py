"""Action that runs the module of its name in Ansible's worker; those of all modules without a part of their own."""

from ansible_collections.landfall.eks.plugins.plugin_utils.in_worker import ActionModule

__all__ = ["ActionModule"]
