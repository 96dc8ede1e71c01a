# What lme4 and nlme say of data/rats.csv. Run from anywhere: Rscript tests/reference/rats.R
# Takes some minutes, since the model asked for has 21 variance parameters.

script <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
folder <- dirname(normalizePath(script))
source(file.path(folder, "write.R"))

csv <- file.path(folder, "..", "..", "data", "rats.csv")
rats <- read.csv(csv, stringsAsFactors = TRUE)
rats <- rats[!is.na(rats$cc_marg), ]
s15 <- droplevels(rats[rats$spd_des == "s15", ])

asked <- cc_marg ~ mPair + (mPair | ratID)

tight <- list(
  nloptwrap = list(xtol_abs = 1e-12, ftol_abs = 1e-12, maxeval = 1e5),
  bobyqa = list(rhoend = 1e-10, maxfun = 1e6),
  Nelder_Mead = list(maxfun = 1e5),
  nlminbwrap = list(iter.max = 1e4, eval.max = 1e5)
)

fit <- function(formula, data, REML, optimizer, control) {
  done <- with_words(lmer(formula, data, REML = REML,
    control = lmerControl(optimizer = optimizer, optCtrl = control)))
  result <- lmer_result(done$value, done$words)
  result$formula <- deparse1(formula)
  # Eigenvalues of Sigma = G / sigma^2 of the first term, largest first.
  G <- VarCorr(done$value)[[1]]
  result$relative_eigenvalues <- I(eigen(G, symmetric = TRUE)$values / sigma(done$value)^2)
  result
}

default <- fit(asked, s15, TRUE, "nloptwrap", list())
lmer_fits <- c(
  list(default = default),
  mapply(function(optimizer, control) fit(asked, s15, TRUE, optimizer, control),
    names(tight), tight, SIMPLIFY = FALSE)
)

# lme with its own optimiser stops with an error unless told to return what it has.
lme_of <- function(data) {
  done <- with_words(lme(cc_marg ~ mPair, data = data, random = ~ mPair | ratID, method = "REML",
    control = lmeControl(returnObject = TRUE, maxIter = 200, msMaxIter = 200)))
  asked_for <- with_words(intervals(done$value))
  G <- getVarCov(done$value)
  list(
    criterion = -2 * as.numeric(logLik(done$value)),
    sigma = done$value$sigma,
    fixed = as.list(fixef(done$value)),
    covariance = unname(matrix(G, nrow(G))),
    relative_eigenvalues = I(eigen(G, symmetric = TRUE)$values / done$value$sigma^2),
    apVar = if (is.character(done$value$apVar)) done$value$apVar else "positive definite",
    messages = I(done$words),
    intervals_message = paste(asked_for$words, collapse = " ")
  )
}

ladder <- function(data, REML, formulas) {
  lapply(formulas, function(formula) fit(formula, data, REML, "bobyqa", tight$bobyqa))
}

# For a factor lmer's `||` keeps the factor's own effects correlated; with one 0/1 column per effect
# it does not, and that is what covedge means by uncorrelated slopes.
dummies <- function(data) {
  cbind(data, setNames(as.data.frame(model.matrix(~mPair, data)[, -1]), paste0("d", 2:6)))
}

write_reference(list(
  versions = versions(),
  data_md5 = unname(tools::md5sum(csv)),
  rats_s15 = list(
    n_obs = nrow(s15),
    lmer = lmer_fits,
    lme = lme_of(s15),
    ladder = ladder(dummies(s15), TRUE, list(
      intercept = cc_marg ~ mPair + (1 | ratID),
      compound_symmetry = cc_marg ~ mPair + (1 | ratID) + (1 | ratID:mPair),
      uncorrelated = cc_marg ~ mPair + (d2 + d3 + d4 + d5 + d6 || ratID),
      as_lme4_writes_it = cc_marg ~ mPair + (mPair || ratID)
    ))
  ),
  rats = list(
    n_obs = nrow(rats),
    ladder = ladder(rats, FALSE, list(
      rat = cc_marg ~ mPair * spd_des + (1 | ratID),
      rat_speed = cc_marg ~ mPair * spd_des + (1 | ratID / spd_des),
      rat_speed_cycle = cc_marg ~ mPair * spd_des + (1 | ratID / spd_des / cycle),
      rat_slopes = cc_marg ~ mPair * spd_des + (mPair | ratID)
    ))
  )
), file.path(folder, "rats.json"))
