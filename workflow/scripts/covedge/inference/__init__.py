"""Intervals of every kind, degrees of freedom, and fits without single groups."""
