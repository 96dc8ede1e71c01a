"""Certified fits: likelihood, factors, search, certificate, and the fit in the user's units."""
