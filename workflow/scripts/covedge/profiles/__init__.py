"""Profile likelihood: curves and intervals of one parameter at a time."""
