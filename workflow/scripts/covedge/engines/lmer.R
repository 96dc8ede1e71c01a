# One model by lme4's lmer(), as lme4.py in this folder puts it; exchange.R says how.

suppressPackageStartupMessages(library(lme4))
script <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
source(file.path(dirname(script), "exchange.R"))

# The optimisers of allFit() and its limit of evaluations. Not allFit() itself: lme4 1.1-31 ends in
# an error where neither dfoptim nor optimx is installed, and tells no warning by its optimiser.
MOST <- 1e5
optimisers <- list(
  bobyqa = list("bobyqa", list(maxfun = MOST)),
  Nelder_Mead = list("Nelder_Mead", list(maxfun = MOST)),
  nlminbwrap = list("nlminbwrap", list(eval.max = MOST)),
  nmkbw = list("nmkbw", list(maxfeval = MOST)),
  "optimx.L-BFGS-B" = list("optimx", list(method = "L-BFGS-B", maxit = MOST)),
  nloptwrap.NLOPT_LN_NELDERMEAD =
    list("nloptwrap", list(algorithm = "NLOPT_LN_NELDERMEAD", maxeval = MOST)),
  nloptwrap.NLOPT_LN_BOBYQA =
    list("nloptwrap", list(algorithm = "NLOPT_LN_BOBYQA", maxeval = MOST))
)
wants <- c(nmkbw = "dfoptim", "optimx.L-BFGS-B" = "optimx")
there <- vapply(wants, requireNamespace, NA, quietly = TRUE)
optimisers[names(wants)[!there]] <- NULL

# "Failed to converge" and the like are lme4's word on it; a singular fit is not one of them.
converged <- function(fit) {
  told <- fit@optinfo$conv$lme4$messages
  fit@optinfo$conv$opt == 0 && !any(grepl("converge|unidentifiable", told))
}

tell <- function(fit) {
  terms <- getME(fit, "Tlist")
  for (i in seq_along(terms)) {
    first <- fit@cnms[[i]][1]
    # A term of intercepts has no effects of its own: its group tells it.
    key <- if (first == "(Intercept)") names(fit@cnms)[i] else first
    say("term", c(key, sprintf("%.17g", as.vector(tcrossprod(terms[[i]])))))
  }
  say("theta", unname(getME(fit, "theta")))
  say("names_of_theta", names(getME(fit, "theta")))
  say("sigma", sigma(fit))
  say("beta", unname(fixef(fit, add.dropped = TRUE)))
  errors <- sqrt(diag(as.matrix(vcov(fit))))
  say("std_error", unname(errors[names(fixef(fit, add.dropped = TRUE))]))
  say("criterion", if (isREML(fit)) REMLcrit(fit) else deviance(fit))
  say("singular", if (isSingular(fit)) "yes" else "no")
  say("converged", if (converged(fit)) "yes" else "no")
}

attempt <- function(name, control) {
  say("fit", name)
  arguments <- list(
    as.formula(given$formula), data = given$data, REML = given$method == "REML",
    control = control
  )
  if ("V" %in% given$columns) arguments$weights <- given$data$V
  seconds <- system.time(fit <- with_words(do.call(lmer, arguments)))[["elapsed"]]
  if (proc.time()[["elapsed"]] > limit) quit("no", status = 1)
  if (inherits(fit, "error")) say("error", conditionMessage(fit)) else tell(fit)
  say("seconds", seconds)
  !inherits(fit, "error")
}

done <- attempt(lmerControl()$optimizer, lmerControl())
# What lme4 refuses to fit it refuses whatever the optimiser.
if (done && given$optimisers == "all") {
  for (name in names(optimisers)) {
    control <- optimisers[[name]]
    attempt(name, lmerControl(control[[1]], optCtrl = control[[2]]))
  }
}
close(out)
