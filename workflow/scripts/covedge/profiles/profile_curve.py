"""The curve of one parameter, and where it crosses the cut.

It is walked outwards from the estimate in even steps of the root z of D - D_min, which is nearly
straight, each point starting where the last one ended. An edge (0 of a standard deviation, -1 and
1 of a correlation) is stepped on exactly. The ends are then found between two points of the walk.
"""

from dataclasses import dataclass

import numpy as np

from covedge.profiles.profile_points import ANOTHER, Solved, Solver

# Steps to the cut on either side, and how far beyond it the walk goes, as parts of the cut's root.
STEPS_TO_CUT, BEYOND = 8, 1.15
# A step may grow or shrink by this much from one to the next.
GROW, SHRINK = 2.5, 0.3
# Points on one side; where z has not reached the cut by then, it never will.
MOST_POINTS = 60
# An end is found where z is this near to the cut, as a part of it.
CLOSE = 1e-6
# An end is moved outwards by other minima so many times.
BRANCHES = 5


@dataclass(frozen=True)
class Side:
    """One side of the curve.

    points : from the estimate outwards. end : where D crosses the cut, the edge where it does not
    before, None where there is no edge either. at_edge : the end is the edge and belongs to the
    interval. returns : before the edge D was above the cut.
    """

    points: tuple[Solved, ...]
    end: float | None
    at_edge: bool
    returns: bool = False


@dataclass(frozen=True)
class Walk:
    """How to go: from the point `start` to where D - lowest = cut, lowest being D at the estimate.

    step : a first guess at how far the first step should go. sigma : in scaled units, at the
    estimate. ceiling : what D is at most, whatever the value. positive : the values are, and zero
    is not one of them.
    """

    solver: Solver
    start: Solved
    lowest: float
    cut: float
    step: float
    sigma: float
    ceiling: float = np.inf
    positive: bool = False

    def root(self, point: Solved) -> float:
        return float(np.sqrt(max(min(point.criterion, self.ceiling) - self.lowest, 0.0)))

    def side(self, sign: float, edge: float) -> Side:
        """The curve towards `edge` (infinite where there is none), sign its direction."""
        goal = np.sqrt(self.cut)
        points = self._points([self.start], sign, edge)
        for _ in range(BRANCHES):
            first = next((i for i, p in enumerate(points) if self.root(p) >= goal), None)
            if first is None:
                there = points[-1].value == edge
                return Side(tuple(points), edge if there else None, at_edge=there)
            crossing = self._crossing(points[first - 1], points[first])
            lower = self.solver.others(crossing, self.sigma)
            if lower is crossing:
                break
            inner = self._inwards(points[:first], lower)
            points = self._points([*inner, lower], sign, edge)
        points.insert(first, crossing)
        if np.isfinite(edge) and self._edge_is_inside(points, edge):
            return Side(tuple(points), edge, at_edge=True, returns=True)
        return Side(tuple(points), crossing.value, at_edge=False)

    def _edge_is_inside(self, points, edge):
        """Whether D is below the cut at the edge though it has been above it before."""
        beyond = points[-1]
        if beyond.value != edge:
            beyond = self.solver.next(edge, points[-1:])
        return self.root(beyond) < np.sqrt(self.cut)

    def _inwards(self, points, lower):
        """The points with those replaced that are lower when they are reached from `lower`."""
        found, known = list(points), [lower]
        for i in range(len(points) - 1, 0, -1):
            new = self.solver.next(points[i].value, known[-2:])
            if new.criterion > points[i].criterion - ANOTHER:
                break
            found[i] = new
            known.append(new)
        return found

    def _points(self, points, sign, edge):
        """More points beyond the known ones, until D is well above the cut."""
        points, goal = list(points), np.sqrt(self.cut)
        wanted, step = goal / STEPS_TO_CUT, self.step
        if len(points) > 1:
            step = abs(points[-1].value - points[-2].value)
        if points[-1].value == edge or self.root(points[-1]) >= BEYOND * goal:
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
