"""What must hold before a run changes anything: tools, cluster, capacity, images, AWS."""
