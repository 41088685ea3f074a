"""What this collection's plugins share; it runs on the control node alone."""
