"""A rollout: waiting for releases, naming causes, keeping evidence, rolling back."""
