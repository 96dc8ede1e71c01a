"""The words of the page, what they mean, and the call in R that gives the same number.

The script of the page turns the first use of each word in a section into a link to its row here.
"""

from dataclasses import dataclass

from covedge.markup import Html, code_html, escape, table
from covedge.pages.results import Results


@dataclass(frozen=True)
class Word:
    """also : other ways in which it is written. r : calls in R; empty where R has none."""

    word: str
    means: str
    r: tuple[str, ...] = ()
    also: tuple[str, ...] = ()


_NO_CALL = "R has no call for it"
WORDS = (
    Word(
        "random effects",
        "What one group has of its own: its intercept or its slopes, as differences from the "
        "average group. Their variances and correlations are what a mixed model estimates.",
        ("ranef(fit)",),
        ("random effect",),
    ),
    Word(
        "grouping factor",
        "A column that says which rows belong together, as the rat or the subject. What stands "
        "behind the bar of the formula.",
        ("ngrps(fit)",),
        ("grouping factors",),
    ),
    Word(
        "covariance matrix",
        "Of the random effects of one grouping factor: their variances on the diagonal and, beside "
        "it, how they go together. lme4 prints it as standard deviations and correlations.",
        ("VarCorr(fit)", "nlme::getVarCov(fit)"),
    ),
    Word(
        "singular",
        "A covariance matrix with a direction of no variance at all: a variance of zero, a "
        "correlation of one, or a combination in which groups do not differ.",
        ("isSingular(fit)",),
        ("degenerate", "degenerates"),
    ),
    Word(
        "boundary",
        "The edge of what is possible: variances cannot be below zero. A fit that wants to go "
        "further stops there and is singular.",
    ),
    Word(
        "direction",
        "One way in which groups may differ: an effect, or a fixed combination of effects. "
        "Directions are independent of each other; there are as many as effects.",
        ("summary(rePCA(fit))",),
        ("directions",),
    ),
    Word(
        "reliability",
        "Between 0 and 1: of the differences between groups that are seen in a direction, the part "
        "that belongs to the groups and is not noise.",
        (),
        ("reliabilities",),
    ),
    Word("rank", "How many directions have some variance.", ("summary(rePCA(fit))",), ("ranks",)),
    Word(
        "criterion",
        "What a fit makes as small as it can: −2 times the log-likelihood (of the residuals after "
        "the fixed effects, for REML). Differences of 4 and more are worth talking about.",
        ("REMLcrit(fit)", "deviance(fit)"),
    ),
    Word(
        "REML",
        "Restricted maximum likelihood: estimates variances without the bias that comes from "
        "having estimated the fixed effects. lme4's and nlme's default.",
        ("lmer(..., REML = TRUE)",),
    ),
    Word(
        "certified",
        "Checked by slope, push against the boundary and curvature: no optimiser can do better "
        "nearby. R's nearest is to try many optimisers.",
        ("allFit(fit)",),
        ("certificate",),
    ),
    Word(
        "rung",
        "One model of the ladder from the simplest random part to the one that you asked for.",
        ("update(fit, ...)",),
        ("rungs",),
    ),
    Word(
        "identifiable",
        "Whether different values of the variances give different fits at all. Where they do not, "
        "no data of this design can tell them apart.",
    ),
    Word(
        "AIC",
        "Fit and complexity in one number; lower is better, and within about 2 is a draw.",
        ("AIC(fit)", "cAIC4::cAIC(fit)"),
    ),
    Word(
        "residual SD",
        "Standard deviation of single rows about what the model expects of their group (σ).",
        ("sigma(fit)",),
        ("residual SDs", "residual standard deviations"),
    ),
    Word(
        "shrinkage",
        "The model draws each group's own estimate towards the average, the more the less the "
        "group says.",
        ("coef(fit)", "nlme::lmList(...)"),
    ),
    Word(
        "profile",
        "How the best fit changes when one number is held at other values; where it becomes too "
        "bad, the interval ends.",
        ('confint(fit, method = "profile")',),
        ("profiles", "profile likelihood"),
    ),
    Word(
        "Wald",
        "Estimate plus and minus two standard errors: right for fixed effects, void at an edge.",
        ('confint(fit, method = "Wald")', "nlme::intervals(fit)"),
    ),
    Word(
        "apVar",
        "nlme's approximate covariance matrix of the estimated variances. At an edge the "
        "approximation fails: hence its words, non-positive definite.",
        ("lme(...)$apVar",),
    ),
    Word(
        "bootstrap",
        "New responses are drawn from the fitted model, on your own design, and fitted again.",
        ('confint(fit, method = "boot")', "pbkrtest::PBmodcomp(large, small)"),
    ),
    Word(
        "Satterthwaite",
        "Degrees of freedom for a fixed effect: how much independent information its standard "
        "error rests on.",
        ("summary(lmerTest::lmer(...))",),
    ),
    Word(
        "Kenward and Roger",
        "The same with standard errors corrected for small samples.",
        ('summary(lmerTest::lmer(...), ddf = "Kenward-Roger")',),
    ),
    Word(
        "prior",
        "What is believed of a number before the data are seen.",
        ("rstanarm::prior_summary(fit)",),
        ("priors",),
    ),
    Word(
        "posterior",
        "What is believed of it after: all values that are still plausible, and how much.",
        ("rstanarm::stan_lmer(...)",),
        ("posteriors",),
    ),
    Word(
        "R-hat",
        "Whether several chains of a sampler have found the same: below 1.01 they have.",
        ("posterior::rhat(...)",),
    ),
    Word(
        "ESS",
        "Effective sample size: to how many independent draws the chains amount.",
        ("posterior::ess_bulk(...)", "posterior::ess_tail(...)"),
    ),
    Word(
        "divergences",
        "Steps of the sampler that went astray: a part of the posterior is too steep for it, and "
        "may be missing from the draws.",
        ("rstan::get_num_divergent(fit$stanfit)",),
        ("divergence", "divergent"),
    ),
    Word(
        "LOO",
        "Leave-one-out: how well the model predicts a row that it has not seen.",
        ("loo::loo(fit)",),
    ),
    Word(
        "rr(effects | group, d)",
        "A covariance matrix with d directions and no more (reduced rank), in glmmTMB's notation.",
        ("glmmTMB::glmmTMB(... + rr(effects | group, d))",),
    ),
)


def compose(results: Results) -> str:
    """The table of all words."""
    rows = [
        (
            Html(f"{_name(word)}"),
            word.means,
            Html("<br>".join(map(code_html, word.r)) or f'<span class="note">{_NO_CALL}</span>'),
        )
        for word in WORDS
    ]
    return table(["Word", "What it means", "In R"], rows, "Words of this page", stacked=True)


def _name(word: Word) -> str:
    also = f' data-also="{escape("|".join(word.also))}"' if word.also else ""
    return f'<dfn id="word-{WORDS.index(word)}"{also}>{escape(word.word)}</dfn>'
