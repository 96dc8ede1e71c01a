"""The Gram of data that are larger than memory, in batches of rows."""
