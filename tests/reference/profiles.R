# Profile likelihood intervals by lme4 (ML, whatever the fit), and by how much the deviance at its
# ends, minimised once more by lme4's own function of standard deviations and correlations, misses
# the cut: confint interpolates. Run in this folder: Rscript profiles.R (five minutes).

source("write.R")

models <- list(
  sleepstudy = list(data = "sleepstudy", formula = "Reaction ~ Days + (Days | Subject)"),
  penicillin = list(data = "Penicillin", formula = "diameter ~ 1 + (1 | plate) + (1 | sample)"),
  pastes = list(data = "Pastes", formula = "strength ~ 1 + (1 | batch/cask)"),
  dyestuff = list(data = "Dyestuff", formula = "Yield ~ 1 + (1 | Batch)"),
  dyestuff2 = list(data = "Dyestuff2", formula = "Yield ~ 1 + (1 | Batch)"),
  machines = list(data = "Machines", formula = "score ~ Machine + (Machine | Worker)")
)

read <- function(name) {
  read.csv(file.path("..", "..", "data", "published", paste0(name, ".csv")), stringsAsFactors = TRUE)
}

as_factors <- function(rows, formula) {
  for (g in unique(unlist(lapply(findbars(formula), function(bar) all.vars(bar[[3]]))))) {
    rows[[g]] <- factor(rows[[g]])
  }
  rows
}

# Deviance with parameter k (of standard deviations, correlations and sigma) held, less the minimum
# and the cut; NULL where lme4 cannot evaluate it.
missed <- function(fit, k, value) {
  deviance_at <- lme4:::devfun2(fit, useSc = TRUE, signames = FALSE)
  start <- attr(deviance_at, "optimum")[-k]
  variances <- length(start) + 1 - length(fixef(fit))
  if (k > variances) return(NA)
  free <- start[seq_len(variances - 1)]
  lowest <- function(free) {
    held <- function(p) deviance_at(append(p, value, k - 1))
    for (i in 1:3) {
      found <- minqa::bobyqa(free, held, control = list(rhoend = 1e-9, maxfun = 1e4))
      free <- found$par
    }
    found$fval
  }
  tryCatch(lowest(free) - unname(deviance(fit)) - qchisq(.95, 1), error = function(e) NA)
}

or_null <- function(numbers) I(lapply(numbers, function(x) if (is.na(x)) NULL else x))

profiled <- function(model) {
  formula <- as.formula(model$formula)
  rows <- as_factors(read(model$data), formula)
  optimiser <- list(rhobeg = 0.2, rhoend = 1e-8, maxfun = 1e5)
  control <- lmerControl(optimizer = "bobyqa", optCtrl = optimiser)
  setTimeLimit(elapsed = 240)
  on.exit(setTimeLimit())
  found <- with_words({
    fit <- lmer(formula, rows, REML = FALSE, control = control)
    # Steps of lme4's default; the intervals come from a spline through the points.
    list(fit = fit, ends = confint(fit, method = "profile", oldNames = FALSE))
  })
  if (is.null(found$value)) {
    return(c(model, list(messages = I(unique(found$words)))))
  }
  ends <- found$value$ends
  fit <- found$value$fit
  off <- sapply(1:2, function(side) {
    sapply(seq_len(nrow(ends)), function(k) missed(fit, k, ends[k, side]))
  })
  c(model, list(
    deviance = unname(deviance(found$value$fit)),
    names = rownames(ends), lower = I(unname(ends[, 1])), upper = I(unname(ends[, 2])),
    lower_off = or_null(off[, 1]), upper_off = or_null(off[, 2]),
    messages = I(unique(found$words))
  ))
}

result <- list(versions = versions(), models = lapply(models, function(m) {
  message(m$data, " ", Sys.time())
  profiled(m)
}))
write_reference(result, "profiles.json")
