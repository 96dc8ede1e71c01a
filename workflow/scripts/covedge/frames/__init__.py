"""From a data file to the model frame: what is kept, X, Z and the groups of each row."""
