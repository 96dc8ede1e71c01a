"""Profiles as plain values, for intervals/{model}.json."""

from collections.abc import Sequence

from covedge.profiles.profile import Profile


def interval_record(profile: Profile) -> dict:
    """lower, upper and reason, and whether the ends are edges that belong to the interval."""
    return {
        "lower": profile.lower,
        "upper": profile.upper,
        "reason": profile.reason,
        "at_lower_edge": profile.at_lower_edge,
        "at_upper_edge": profile.at_upper_edge,
    }


def curve_record(profile: Profile, cut: float) -> dict:
    """The curve: D less D at the estimate, by value; the cut is where the interval ends.

    below : how far the curve comes below the fit; anything but 0 is a defect of the fit.
    """
    return {
        "kind": profile.parameter.kind,
        "group": profile.parameter.group,
        "effects": list(profile.parameter.effects),
        "criterion": profile.criterion,
        "estimate": profile.estimate,
        "cut": cut,
        **interval_record(profile),
        "values": list(profile.values),
        "differences": list(profile.differences),
        "below": profile.below,
    }


def profile_record(
    own: Sequence[Profile], cut: float, by_ml: Sequence[Profile] | None = None
) -> dict:
    """{"intervals": one dict per parameter, "curves": [...]}, parameters in their own order.

    own : by the fit's criterion. by_ml : the same parameters by ML, where that is REML. The first
    is the interval "profile", the second "profile_ml", which is left out where there is none.
    cut : as from `profile.cut`.
    """
    intervals = [{"profile": interval_record(p)} for p in own]
    curves = [curve_record(p, cut) for p in own if p.values]
    if by_ml is not None:
        for found, p in zip(intervals, by_ml, strict=True):
            found["profile_ml"] = interval_record(p)
        curves += [curve_record(p, cut) for p in by_ml if p.values]
    return {"intervals": intervals, "curves": curves}
