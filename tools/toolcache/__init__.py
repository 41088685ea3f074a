"""Gets the pinned programs of the embedded cluster and keeps them in a cache outside the checkout."""
