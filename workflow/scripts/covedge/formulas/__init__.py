"""The language of the config: lme4's formulas, conditions on rows, functions of columns."""
