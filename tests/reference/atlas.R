# How often lme4 calls a fit singular, by brute force: rows simulated from a known truth, fitted by
# lmer, isSingular() asked. Writes atlas.json; some ten minutes. From the repository's root:
#   Rscript tests/reference/atlas.R

source("tests/reference/write.R")
suppressPackageStartupMessages(library(lme4))

table_of <- function(name, path = file.path("data/published", paste0(name, ".csv"))) {
  read.csv(path, stringsAsFactors = TRUE, na.strings = "NA")
}

# The groups of a table `times` times, each copy with labels of its own.
copies <- function(table, group, times) {
  do.call(rbind, lapply(seq_len(times), function(k) {
    table[[group]] <- factor(paste(table[[group]], k))
    table
  }))
}

rats <- subset(table_of("rats", "data/rats.csv"), spd_des == "s15")
sleepstudy <- table_of("sleepstudy")
sleepstudy$Subject <- factor(sleepstudy$Subject)

# theta as lme4 orders it; a variance of the noise of 1, fixed effects of zero.
designs <- list(
  dyestuff = list(
    data = table_of("Dyestuff"), formula = Yield ~ 1 + (1 | Batch), method = "REML",
    theta = .3, n = 2000
  ),
  sleepstudy = list(
    data = sleepstudy, formula = Reaction ~ Days + (Days | Subject), method = "ML",
    theta = c(.5, .02, .08), n = 1000
  ),
  machines_twice = list(
    data = copies(table_of("Machines"), "Worker", 2),
    formula = score ~ Machine + (Machine | Worker), method = "REML",
    theta = c(1, -.3, .2, .4, .1, .3), n = 1000, group = "Worker", times = 2
  ),
  rats = list(
    data = rats, formula = cc_marg ~ mPair + (mPair | ratID), method = "REML",
    theta = c(.5, 0, .1, 0, -.1, 0, .2, 0, .1, 0, .1, .2, 0, .1, 0, .2, 0, .1, .2, 0, .2), n = 300
  ),
  pastes = list(
    data = table_of("Pastes"), formula = strength ~ 1 + (1 | batch / cask), method = "REML",
    theta = c(.7, .6), n = 1000
  ),
  penicillin = list(
    data = table_of("Penicillin"), formula = diameter ~ 1 + (1 | plate) + (1 | sample),
    method = "REML", theta = c(.25, .5), n = 1000
  )
)

control <- lmerControl(
  optimizer = "bobyqa", calc.derivs = FALSE, check.conv.singular = "ignore",
  optCtrl = list(rhobeg = .2, rhoend = 1e-9, maxfun = 1e5)
)

tried <- function(design) {
  set.seed(1)
  reml <- design$method == "REML"
  fit <- suppressMessages(lmer(design$formula, design$data, REML = reml, control = control))
  response <- all.vars(design$formula)[1]
  truth <- list(theta = design$theta, beta = fixef(fit) * 0, sigma = 1)
  y <- simulate(
    design$formula[-2], newdata = design$data, newparams = truth, family = gaussian,
    nsim = design$n
  )
  singular <- vapply(y, function(one) {
    isSingular(suppressMessages(suppressWarnings(refit(fit, one, control = control))), tol = 1e-4)
  }, TRUE)
  list(
    formula = paste(deparse(design$formula), collapse = " "), method = design$method,
    theta = I(design$theta), terms = names(getME(fit, "cnms")), group = design$group,
    times = design$times, replicates = design$n, singular = sum(singular)
  )
}

found <- lapply(designs, tried)
write_reference(list(
  by = paste("lme4", packageVersion("lme4")), designs = found
), "tests/reference/atlas.json")
