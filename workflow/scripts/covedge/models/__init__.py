"""What a model may be: structures of Sigma, the ladder, and which model is inside which."""
