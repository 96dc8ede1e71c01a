"""The figures of the report: each a function of plain data that returns a matplotlib Figure.

Only the report imports this package; the steps that compute must not (a change in a figure would
run them again).
"""
