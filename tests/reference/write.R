# Shared by the scripts of this folder: fits of lme4 and nlme as plain lists, and their JSON.
# Numbers keep 15 digits, which is what R's own printing allows.

suppressPackageStartupMessages({
  library(lme4)
  library(nlme)
  library(jsonlite)
})

versions <- function() {
  list(
    R = paste(R.version$major, R.version$minor, sep = "."),
    lme4 = as.character(packageVersion("lme4")),
    nlme = as.character(packageVersion("nlme"))
  )
}

# Each of lme4's optimisers as tight as it goes; n : the number of elements of theta. Nelder_Mead
# stops by `xt` alone: lme4 1.1-31 takes FtolAbs and XtolRel and stops at the same evaluation.
tightest <- function(n) {
  list(
    bobyqa = list(rhobeg = 0.2, rhoend = 1e-10, maxfun = 1e6),
    nloptwrap = list(xtol_abs = 1e-12, xtol_rel = 1e-12, ftol_abs = 1e-13, maxeval = 1e5),
    Nelder_Mead = list(xt = rep(1e-9, n), maxfun = 1e5),
    nlminbwrap = list(iter.max = 1e4, eval.max = 1e5, rel.tol = 1e-15)
  )
}

# The value of an expression, and every warning and message on the way, word for word.
with_words <- function(expression) {
  words <- character()
  keep <- function(condition, restart) {
    words <<- c(words, conditionMessage(condition))
    invokeRestart(restart)
  }
  value <- tryCatch(
    withCallingHandlers(
      expression,
      warning = function(w) keep(w, "muffleWarning"),
      message = function(m) keep(m, "muffleMessage")
    ),
    error = function(e) {
      words <<- c(words, conditionMessage(e))
      NULL
    }
  )
  list(value = value, words = trimws(words))
}

# Several terms on one factor are called g, g.1, ...; `group` is g for each.
covariances <- function(fit) {
  factors <- names(fit@flist)[attr(fit@flist, "assign")]
  Map(function(V, group) {
    list(
      group = group,
      effects = I(rownames(V)),
      covariance = unname(matrix(V, nrow(V))),
      sd = I(unname(attr(V, "stddev")))
    )
  }, as.list(VarCorr(fit)), factors)
}

# One fit of lmer as a list.
lmer_result <- function(fit, words = character()) {
  list(
    method = if (isREML(fit)) "REML" else "ML",
    criterion = if (isREML(fit)) REMLcrit(fit) else unname(deviance(fit)),
    loglik = as.numeric(logLik(fit)),
    n_obs = nobs(fit),
    n_parameters = attr(logLik(fit), "df"),
    sigma = sigma(fit),
    theta = I(unname(getME(fit, "theta"))),
    fixed = as.list(fixef(fit)),
    std_error = as.list(setNames(sqrt(diag(as.matrix(vcov(fit)))), names(fixef(fit)))),
    terms = covariances(fit),
    singular = isSingular(fit),
    optimizer = fit@optinfo$optimizer,
    messages = I(words)
  )
}

write_reference <- function(result, path) {
  write_json(result, path, digits = I(15), auto_unbox = TRUE, pretty = TRUE, null = "null")
}
