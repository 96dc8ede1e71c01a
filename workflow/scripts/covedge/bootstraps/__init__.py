"""The parametric bootstrap: which models, how often, their draws, and what these say."""
