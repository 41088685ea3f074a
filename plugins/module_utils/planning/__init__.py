"""What a run would change, and what hands have changed since: decided against live objects, shown to a person."""
