"""What goes and what stays when the platform is removed."""
