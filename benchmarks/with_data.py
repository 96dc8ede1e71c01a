"""A compiled sampler put to other data of the same model: to the compiler all data are one."""

from dataclasses import fields

from covedge.posteriors.families.placing import Linear
from covedge.posteriors.marginal_op import buffers
from covedge.posteriors.refit import Posed


def with_data(program, posed: Posed):
    """The program of a collapsed model with the data and the prior of `posed`."""
    gram, laid = posed.gram, posed.layout
    ints, floats = buffers(gram, laid.widths, *posed.prior.fixed.scaled(gram))
    data = {"ints": ints, "floats": floats}
    data |= {"response_scale": gram.scaling.response, "sigma_scale": posed.prior.sigma_scale}
    maps = (getattr(laid, field.name) for field in fields(laid))
    data |= {each.name: each.matrix for each in maps if isinstance(each, Linear)}
    names = {variable.name for variable in program.shared_var_keys}
    return program.with_data(**{name: value for name, value in data.items() if name in names})
