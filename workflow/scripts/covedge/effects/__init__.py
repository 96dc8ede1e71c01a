"""The random effects themselves: conditional modes, their variances, effective parameters."""
