# One model by nlme's lme(), as nlme.py in this folder puts it; exchange.R says how.

suppressPackageStartupMessages(library(nlme))
script <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
source(file.path(dirname(script), "exchange.R"))

# lme looks its formulas up by value, not by name, hence do.call.
attempt <- function(control) {
  weights <- if ("V" %in% given$columns) varFixed(~V)
  arguments <- list(
    as.formula(given$fixed), data = given$data, random = eval(parse(text = given$random)),
    method = given$method, weights = weights, control = control
  )
  with_words(do.call(lme, arguments))
}

# As a user would run it, and once more with the other optimiser if that is an error.
fit_model <- function() {
  for (opt in c("nlminb", "optim")) {
    fit <- attempt(if (opt == "nlminb") list() else lmeControl(opt = opt))
    if (!inherits(fit, "error")) {
      say("optimiser", opt)
      return(fit)
    }
    if (proc.time()[["elapsed"]] > limit) quit("no", status = 1)
    say("error", c(opt, conditionMessage(fit)))
  }
  NULL
}

seconds <- system.time(fit <- fit_model())[["elapsed"]]
say("seconds", seconds)
if (!is.null(fit)) {
  for (group in given$groups) {
    say(group, as.vector(as.matrix(fit$modelStruct$reStruct[[group]])))
  }
  say("sigma", fit$sigma)
  say("beta", unname(fixef(fit)))
  say("std_error", unname(sqrt(diag(fit$varFix))))
  say("loglik", fit$logLik)
  say("apvar", if (is.character(fit$apVar)) fit$apVar else "positive definite")
}
close(out)
