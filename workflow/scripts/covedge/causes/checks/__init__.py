"""Is a model wrong in a way that makes it singular? One check a file, each with its remedy."""
