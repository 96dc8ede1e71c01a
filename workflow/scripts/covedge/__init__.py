"""covedge: where and why the random-effects covariance of a mixed model degenerates."""
