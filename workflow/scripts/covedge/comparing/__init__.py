"""Tests between the rungs of a ladder that hold at the boundary."""
