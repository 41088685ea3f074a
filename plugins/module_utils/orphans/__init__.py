"""What a cluster left behind in AWS: found by tags, listed, and swept when asked for."""
