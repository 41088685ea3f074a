"""The EKS cluster: its CloudFormation template and stack, its versions, and its place in an inventory."""
