# The exact null distribution of the (restricted) likelihood ratio of one variance, by RLRsim.
# Run from anywhere: Rscript tests/reference/comparisons.R (a minute)

script <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
folder <- dirname(normalizePath(script))
source(file.path(folder, "write.R"))
suppressPackageStartupMessages(library(RLRsim))

read <- function(name) {
  path <- file.path(folder, "..", "..", "data", "published", paste0(name, ".csv"))
  if (!file.exists(path)) path <- paste0(path, ".gz")
  table <- read.csv(path, stringsAsFactors = TRUE)
  for (column in intersect(c("Subject", "School"), names(table))) {
    table[[column]] <- factor(table[[column]])
  }
  table
}

draws <- 100000
probabilities <- c(0.8, 0.9, 0.95, 0.99)

# RLRsim's lambda ends at e^8 over the largest eigenvalue and its grid is coarse as it comes.
simulated <- function(fit, method) {
  X <- getME(fit, "X")
  Z <- as.matrix(getME(fit, "Z"))
  simulate <- if (method == "REML") RLRTSim else function(X, Z, qrX, ...) {
    LRTSim(X, Z, q = 0, ...)
  }
  null <- as.vector(simulate(
    X, Z, qrX = qr(X), sqrt.Sigma = diag(ncol(Z)), seed = 1, nsim = draws,
    log.grid.hi = 10, gridlength = 400
  ))
  # The grid's values near zero are rounding errors of its logarithms.
  share <- mean(null < 1e-8)
  q <- unname(quantile(null, probabilities, type = 1))
  density <- vapply(q, function(at) mean(abs(null - at) < 0.1) / 0.2, 1)
  list(
    zero = share, zero_se = sqrt(share * (1 - share) / draws),
    quantiles = q, quantiles_se = sqrt(probabilities * (1 - probabilities) / draws) / density
  )
}

reference <- function(data, formula, method) {
  table <- read(data)
  formula <- as.formula(formula)
  fit <- lmer(formula, table, REML = method == "REML", control = lmerControl(
    "bobyqa", optCtrl = list(rhobeg = 0.2, rhoend = 1e-10, maxfun = 1e6)
  ))
  fixed <- lm(nobars(formula), table)
  lrt <- 2 * as.numeric(logLik(fit) - logLik(fixed, REML = method == "REML"))
  c(
    list(data = data, formula = deparse1(formula), method = method, lrt = max(lrt, 0)),
    simulated(fit, method)
  )
}

both <- function(data, formula) {
  list(reference(data, formula, "REML"), reference(data, formula, "ML"))
}

write_reference(list(
  versions = c(versions(), list(RLRsim = as.character(packageVersion("RLRsim")))),
  draws = draws,
  probabilities = probabilities,
  tests = c(
    both("Dyestuff", "Yield ~ 1 + (1 | Batch)"),
    both("Dyestuff2", "Yield ~ 1 + (1 | Batch)"),
    both("sleepstudy", "Reaction ~ Days + (0 + Days | Subject)"),
    both("Orthodont", "distance ~ Sex * age + (1 | Subject)"),
    both("Penicillin", "diameter ~ 1 + (1 | plate)"),
    both("RatPupWeight", "weight ~ sex + Lsize + (1 | Litter)"),
    both("MathAchieve", "MathAch ~ SES + MEANSES + (1 | School)")
  )
), file.path(folder, "comparisons.json"))
