"""AWS itself: one session for a run, who we are there, tokens, quotas, tags and list prices."""
