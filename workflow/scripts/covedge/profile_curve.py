"""The curve of one parameter, and where it crosses the cut.

It is walked outwards from the estimate in even steps of the root z of D - D_min, which is nearly
straight, each point starting where the last one ended. An edge (0 of a standard deviation, -1 and
1 of a correlation) is stepped on exactly. The ends are then found between two points of the walk.
"""

from dataclasses import dataclass

import numpy as np

from covedge.profile_points import Solved, Solver

# Steps to the cut on either side, and how far beyond it the walk goes, as parts of the cut's root.
STEPS_TO_CUT, BEYOND = 8, 1.15
# A step may grow or shrink by this much from one to the next.
GROW, SHRINK = 2.5, 0.3
# Points on one side; where z has not reached the cut by then, it never will.
MOST_POINTS = 60
# An end is found where z is this near to the cut, as a part of it.
CLOSE = 1e-6


@dataclass(frozen=True)
class Side:
    """One side of the curve.

    points : from the estimate outwards. end : where D crosses the cut, the edge where it does not
    before, None where there is no edge either. at_edge : the end is the edge and belongs to the
    interval. returns : beyond the end, D falls below the cut once more.
    """

    points: tuple[Solved, ...]
    end: float | None
    at_edge: bool
    returns: bool = False


@dataclass(frozen=True)
class Walk:
    """How to go: from the point `start` to where D - lowest = cut, lowest being D at the estimate.

    step : a first guess at how far the first step should go. positive : the values are, and zero
    is not one of them.
    """

    solver: Solver
    start: Solved
    lowest: float
    cut: float
    step: float
    positive: bool = False

    def root(self, point: Solved) -> float:
        return float(np.sqrt(max(point.criterion - self.lowest, 0.0)))

    def side(self, sign: float, edge: float) -> Side:
        """The curve towards `edge` (infinite where there is none), sign its direction."""
        points = self._points(sign, edge)
        last, goal = points[-1], np.sqrt(self.cut)
        if self.root(last) < goal:
            there = last.value == edge
            return Side(tuple(points), edge if there else None, at_edge=there)
        first = next(i for i, p in enumerate(points) if self.root(p) >= goal)
        crossing = self._crossing(points[first - 1], points[first])
        points.insert(first, crossing)
        returns = any(self.root(p) < goal for p in points[first + 1 :])
        if np.isfinite(edge) and points[-1].value != edge:
            # Where the curve is not monotone the edge itself may be below the cut.
            beyond = self.solver.next(edge, points[-1:])
            returns = returns or self.root(beyond) < goal
        return Side(tuple(points), crossing.value, at_edge=False, returns=returns)

    def _points(self, sign, edge):
        points, goal = [self.start], np.sqrt(self.cut)
        wanted, step = goal / STEPS_TO_CUT, self.step
        if self.start.value == edge:
            return points
        while len(points) < MOST_POINTS:
            new = self._ahead(points, sign * step, edge)
            gained = self.root(new) - self.root(points[-1])
            if len(points) == 1 and gained > 3.0 * wanted and step > 1e-8 * self.step:
                step *= max(wanted / gained, 0.01)
                continue
            points.append(new)
            if self.root(new) >= BEYOND * goal or new.value == edge:
                break
            moved = abs(new.value - points[-2].value)
            growth = wanted / gained if gained > 0.0 else np.inf
            step = moved * np.clip(growth, SHRINK, 10.0 if len(points) == 2 else GROW)
        return points

    def _ahead(self, points, step, edge):
        value = points[-1].value + step
        if np.isfinite(edge) and (value - edge) * np.sign(step) >= -0.05 * abs(step):
            value = edge
        if self.positive:
            value = max(value, points[-1].value / 2)
        return self.solver.next(value, points[-2:])

    def _crossing(self, below, above):
        """Where D is the cut, between two points, by regula falsi on the root (Illinois)."""
        goal = np.sqrt(self.cut)
        low, high = self.root(below) - goal, self.root(above) - goal
        nearest, last = above, 0
        for _ in range(30):
            if abs(self.root(nearest) - goal) < CLOSE * goal:
                break
            value = (below.value * high - above.value * low) / (high - low)
            nearest = self.solver.next(value, (above, below) if high < -low else (below, above))
            off = self.root(nearest) - goal
            if off < 0.0:
                below, low = nearest, off
                high, last = high / 2 if last < 0 else high, -1
            else:
                above, high = nearest, off
                low, last = low / 2 if last > 0 else low, 1
        return nearest
