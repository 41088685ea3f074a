"""What a run would change, and what has drifted since: rows, risks and reports."""
