"""Whether two runs came to the same results."""
