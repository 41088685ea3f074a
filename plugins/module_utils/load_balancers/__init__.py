"""Network load balancers: their subnets, addresses, and what a run does about each."""
