"""The embedded local cluster: real control plane, simulated kubelets and AWS."""
