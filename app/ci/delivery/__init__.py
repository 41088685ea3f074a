"""What the pipeline's scripts share: the chart's image, the branch it is moved on, and what became of it."""
