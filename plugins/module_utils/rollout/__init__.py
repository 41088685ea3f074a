"""A rollout: waiting for releases, naming causes, keeping evidence, going back."""
