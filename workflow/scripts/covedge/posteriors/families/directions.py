"""Vectors of which only the direction counts, as numbers that a sampler can move."""

# The density of z is that of N(0, I) times |z|^RADIAL. It is as free of direction, so u = z / |z|
# is what it was; but z stays away from 0, where a small step turns u far. Without it one draw in
# a hundred was divergent on sleepstudy, at twice the steps.
RADIAL = 16.0


def declare_directions(name, n, same):
    """The (n,) entries of all vectors, in the open PyMC model.

    same : z^2 -> the squared length of the vector that each entry belongs to.
    """
    import pymc as pm
    import pytensor.tensor as pt

    z = pm.Normal(name, shape=n)
    # Each squared length stands there once per entry of its vector.
    share = pt.constant(RADIAL / same.matrix.sum(axis=1))
    pm.Potential(f"radius of {name}", 0.5 * (share * pt.log(same(z**2))).sum())
    return z
