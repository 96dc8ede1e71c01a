# Posterior modes under blme's default prior: lme4's own deviance function and the penalty that
# blme 1.0-7 adds to it, -3 log of each diagonal entry of Lambda, minimised by R's optimisers.
# Where blme is installed its own answers are kept beside it: with nlminbwrap, and the criterion where
# blmer() as it comes stops. (blme was built from the source of 1.0-7 for the committed numbers.)
# Run from anywhere: Rscript tests/reference/posterior_modes.R

script <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
folder <- dirname(normalizePath(script))
source(file.path(folder, "write.R"))

read <- function(name) {
  table <- read.csv(file.path(folder, "..", "..", "data", "published", paste0(name, ".csv")), stringsAsFactors = TRUE)
  for (column in intersect(c("Subject", "Worker"), names(table))) {
    table[[column]] <- factor(table[[column]])
  }
  table
}
rats <- read.csv(file.path(folder, "../../data/rats.csv"), stringsAsFactors = TRUE)
s15 <- droplevels(rats[rats$spd_des == "s15", ])
has_blme <- requireNamespace("blme", quietly = TRUE)

# The best of several optimisers in turn, each from where the last one ended, from two starts.
minimise <- function(f, start, lower) {
  free <- pmax(lower, ifelse(lower == 0, 1e-8, -Inf))
  once <- function(theta) {
    for (i in 1:3) {
      theta <- minqa::bobyqa(
        theta, f, lower = free, control = list(rhobeg = 0.05 / i^2, rhoend = 1e-11, maxfun = 1e6)
      )$par
      theta <- nlminb(
        theta, f, lower = free, control = list(rel.tol = 1e-15, x.tol = 1e-13, eval.max = 1e5, iter.max = 1e4)
      )$par
    }
    theta
  }
  ends <- list(once(start), once(ifelse(lower == 0, 0.2, 0)))
  ends[[which.min(vapply(ends, f, 1))]]
}

described <- function(fit, criterion) {
  list(
    criterion = criterion, sigma = sigma(fit), theta = I(unname(getME(fit, "theta"))),
    fixed = I(unname(fixef(fit))), terms = covariances(fit)
  )
}

reference <- function(data, formula, method) {
  formula <- as.formula(formula)
  REML <- method == "REML"
  parts <- lFormula(formula, data, REML = REML)
  deviance <- do.call(mkLmerDevfun, parts)
  lower <- environment(deviance)$lower
  penalty <- function(theta) -3 * sum(log(theta[lower == 0]))
  penalised <- function(theta) deviance(theta) + penalty(theta)
  theta <- minimise(penalised, as.numeric(lower == 0), lower)
  value <- penalised(theta)
  opt <- list(par = theta, fval = deviance(theta), conv = 0, message = "")
  fit <- mkMerMod(environment(deviance), opt, parts$reTrms, fr = parts$fr)
  result <- c(
    list(formula = deparse1(formula), method = method, penalty = penalty(theta)),
    described(fit, value)
  )
  if (has_blme) {
    by <- function(...) suppressWarnings(blme::blmer(formula, data, REML = REML, ...))
    at <- function(fit) penalised(getME(fit, "theta"))
    found <- by(control = lmerControl("nlminbwrap"))
    result$blme <- described(found, at(found))
    result$blme_as_it_comes <- at(by())
  }
  result
}

days <- "Reaction ~ Days + (Days | Subject)"
rats_formula <- "cc_marg ~ mPair + (mPair | ratID)"
write_reference(list(
  versions = c(versions(), if (has_blme) list(blme = as.character(packageVersion("blme")))),
  models = list(
    sleepstudy = reference(read("sleepstudy"), days, "REML"),
    sleepstudy_ml = reference(read("sleepstudy"), days, "ML"),
    sleepstudy_diagonal = reference(
      read("sleepstudy"), "Reaction ~ Days + (1 | Subject) + (0 + Days | Subject)", "REML"
    ),
    dyestuff2 = reference(read("Dyestuff2"), "Yield ~ 1 + (1 | Batch)", "REML"),
    dyestuff2_ml = reference(read("Dyestuff2"), "Yield ~ 1 + (1 | Batch)", "ML"),
    pastes = reference(read("Pastes"), "strength ~ 1 + (1 | batch/cask)", "REML"),
    penicillin = reference(read("Penicillin"), "diameter ~ 1 + (1 | plate) + (1 | sample)", "ML"),
    machines_cs = reference(
      read("Machines"), "score ~ Machine + (1 | Worker) + (1 | Worker:Machine)", "REML"
    ),
    rats_s15 = reference(s15, rats_formula, "REML"),
    rats_s15_ml = reference(s15, rats_formula, "ML")
  )
), file.path(folder, "posterior_modes.json"))
