"""What Landfall does in AWS: its session, the cluster's stack, preflight, load balancers and the clean exit."""
