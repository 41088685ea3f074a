"""Classes of Services of type LoadBalancer."""

CONTROLLER_CLASS = "service.k8s.aws/nlb"
"""Of the AWS Load Balancer Controller."""

AUTO_MODE_CLASS = "eks.amazonaws.com/nlb"
"""Of EKS Auto Mode, which makes load balancers itself."""
