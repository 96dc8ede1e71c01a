"""The draws of a posterior, as plain arrays by the names that its summary uses."""

from pathlib import Path

import numpy as np

# What the page knows as the dimensions of every quantity that is sampled.
SAMPLED = ("chain", "draw")


def read_draws(path: Path) -> dict[str, np.ndarray]:
    """(chains, draws) of every scalar quantity: `sigma`, or `sd[mPair p1]` of a labelled one."""
    import xarray

    with xarray.open_datatree(path) as tree:
        variables = dict(tree["posterior"].data_vars)
        return {
            name: values
            for variable, array in variables.items()
            for name, values in _scalars(variable, array)
        }


def _scalars(variable, array):
    labels = [dim for dim in array.dims if dim not in SAMPLED]
    stacked = array.transpose(*SAMPLED, *labels)
    values = np.asarray(stacked.values, dtype=float)
    for place in np.ndindex(*values.shape[2:]):
        words = [_label(stacked, dim, k) for dim, k in zip(labels, place, strict=True)]
        name = f"{variable}[{', '.join(words)}]" if words else variable
        yield str(name), values[(slice(None), slice(None), *place)]


def _label(array, dim, k):
    return str(array[dim].values[k]) if dim in array.coords else str(k)
