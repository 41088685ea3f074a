"""Service level objectives as data, and the Prometheus rules that they lead to."""
