# Profile likelihood intervals by lme4 (ML, whatever the fit), with the optimiser as tight as it
# goes; and the deviance that lme4 itself finds at our end points is in profiles_check.R.
# Run in this folder: Rscript profiles.R

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
  read.csv(file.path("..", "data", paste0(name, ".csv")), stringsAsFactors = TRUE)
}

as_factors <- function(rows, formula) {
  for (g in unique(unlist(lapply(findbars(formula), function(bar) all.vars(bar[[3]]))))) {
    rows[[g]] <- factor(rows[[g]])
  }
  rows
}

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
  c(model, list(
    deviance = unname(deviance(found$value$fit)),
    names = rownames(ends), lower = I(unname(ends[, 1])), upper = I(unname(ends[, 2])),
    messages = I(unique(found$words))
  ))
}

result <- list(versions = versions(), models = lapply(models, function(m) {
  message(m$data, " ", Sys.time())
  profiled(m)
}))
write_reference(result, "profiles.json")
