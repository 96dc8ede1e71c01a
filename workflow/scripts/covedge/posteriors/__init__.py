"""Bayesian refits: priors, the collapsed model, sampling, and the record of a posterior."""
