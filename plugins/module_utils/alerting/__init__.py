"""Who is told of an alert: the receivers that a user wrote, and the configuration of Alertmanager made of them."""
