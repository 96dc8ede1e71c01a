"""Every tolerance of a verdict, in one place, with its reason. All are free of units.

Reliability and dual are defined in `spectrum`; the criterion D is -2 log-likelihood.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Tolerances:
    """What a fit is judged by; each certificate reports the ones that it used."""

    # Predicted decrease of D by one more Newton step: far below anything that D decides.
    stationarity: float = 1e-8
    # A dual this far below 0 means that D falls when the direction opens.
    dual: float = 1e-5
    # Curvature of D per unit of information; below it the direction is flat.
    curvature: float = 1e-6
    # A direction is collapsed where its reliability is below the first and its dual above the
    # second; where both are small the data do not decide.
    collapsed: float = 1e-6
    pushed: float = 1e-4
    # Two optima are one where their D differ by less.
    same_optimum: float = 1e-5
    # An answer of another engine is the same if its D is no more than this above ours.
    same_answer: float = 1e-3
    # Eigenvalues of the identifiability matrix (unit diagonal) below it are zero.
    identifiable: float = 1e-10
    # Information about a direction, as part of what a scaled column has, below it is none.
    information: float = 1e-9
    # A residual variance below this part of the response's leaves no digits to judge by.
    exact_fit: float = 1e-10


TOLERANCES = Tolerances()
