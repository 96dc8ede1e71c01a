"""Data sets whose fit is singular for a known reason, and how often the reason is found."""
