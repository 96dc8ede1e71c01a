"""The Bayesian section of a page, one subsection a file; `pages.bayes` puts them together."""
