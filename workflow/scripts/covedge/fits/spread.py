"""A covariance matrix as people read it: standard deviations and correlations."""

import numpy as np


def standard_deviations(G):
    """(..., q) roots of the diagonal of G (..., q, q); rounding below zero is zero."""
    return np.sqrt(np.maximum(np.diagonal(G, axis1=-2, axis2=-1), 0.0))


def correlations(G):
    """(..., q, q) correlations of G (..., q, q); NaN where a standard deviation is zero."""
    sd = standard_deviations(G)
    over = sd[..., :, None] * sd[..., None, :]
    return np.divide(G, over, out=np.full_like(over, np.nan), where=over > 0.0)
