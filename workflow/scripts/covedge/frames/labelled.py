"""Files of Stata and SPSS, whose columns of numbers may have labels for their values.

A column each of whose values has a label is a factor, its levels in the order of the numbers. Where
only some have one, as the ends of a scale from 1 to 7, the numbers stay numbers.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from covedge.frames.reading import Reading

ENDINGS = (".dta", ".sav", ".zsav")


def read_labelled(path: Path, stated: Reading) -> pd.DataFrame:
    """The table in the file. Values that the user of SPSS declared missing are missing."""
    import pyreadstat  # imported here: few read such files

    read = pyreadstat.read_dta if path.name.lower().endswith(".dta") else pyreadstat.read_sav
    encoding = {} if stated.encoding is None else {"encoding": stated.encoding}
    table, about = read(path, **encoding)
    for name, labels in about.variable_value_labels.items():
        present = table[name].dropna().unique()
        if len(present) and all(value in labels for value in present):
            order = list(dict.fromkeys(labels[value] for value in sorted(labels)))
            table[name] = pd.Categorical(table[name].map(labels), categories=order)
    # These formats have no missing text, only text without a character.
    for name in table:
        if pd.api.types.is_string_dtype(table[name].dtype):
            table[name] = table[name].mask(table[name] == "")
    return table
