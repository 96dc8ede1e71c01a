# Conditional modes, their variances, and conditional AIC, by lme4 and cAIC4.
# Run from anywhere: Rscript tests/reference/modes.R

script <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
folder <- dirname(normalizePath(script))
source(file.path(folder, "write.R"))
suppressPackageStartupMessages(library(cAIC4))

read <- function(name) {
  table <- read.csv(file.path(folder, "..", "..", "data", "published", paste0(name, ".csv")), stringsAsFactors = TRUE)
  for (column in intersect(c("Subject", "Worker"), names(table))) {
    table[[column]] <- factor(table[[column]])
  }
  table
}
rats <- read.csv(file.path(folder, "../../data/rats.csv"), stringsAsFactors = TRUE)
s15 <- droplevels(rats[rats$spd_des == "s15", ])

tight <- lmerControl("bobyqa", optCtrl = list(rhobeg = 0.2, rhoend = 1e-10, maxfun = 1e6))

# cAIC4's derivative of the score by y has the second term at half its size: its C does not vanish
# along y, though multiplying y by a number leaves theta as it is. This is the same with all of it.
mended <- cAIC4:::calculateGaussianBc
body(mended) <- parse(text = sub(
  "eWje \\*\\s*e/\\(2 \\*\\s*tye\\)", "eWje * e/tye", paste(deparse(body(mended)), collapse = "\n")
))[[1]]
stopifnot(!identical(body(mended), body(cAIC4:::calculateGaussianBc)))

# The trace of d fitted / dy by refitting: what both formulas are for.
by_refits <- function(fit, data, formula, REML) {
  y <- getME(fit, "y")
  step <- 1e-3 * sd(y)
  moved <- function(i, by) {
    data[[all.vars(formula)[1]]][i] <- y[i] + by
    suppressWarnings(fitted(lmer(formula, data, REML = REML, control = tight))[i])
  }
  sum(vapply(seq_along(y), function(i) (moved(i, step) - moved(i, -step)) / (2 * step), 1))
}

effects <- function(fit) {
  found <- ranef(fit, condVar = TRUE)
  lapply(found, function(term) {
    variances <- attr(term, "postVar")
    list(
      levels = rownames(term),
      effects = I(names(term)),
      modes = unname(as.matrix(term)),
      # One row a level, its matrix by columns.
      variances = t(matrix(variances, nrow = prod(dim(variances)[1:2])))
    )
  })
}

reference <- function(data, formula, method, refits = TRUE, caic = TRUE) {
  formula <- as.formula(formula)
  fit <- suppressMessages(lmer(formula, data, REML = method == "REML", control = tight))
  result <- list(
    formula = deparse1(formula), method = method, n_obs = nobs(fit),
    theta = I(unname(getME(fit, "theta"))), sigma = sigma(fit), singular = isSingular(fit),
    terms = effects(fit), hat = sum(hatvalues(fit)),
    conditional_loglik = sum(dnorm(getME(fit, "y"), fitted(fit), sigma(fit), log = TRUE))
  )
  if (caic) {
    parts <- cAIC4:::getModelComponents.merMod(fit, TRUE)
    result$cAIC4 <- list(
      df = cAIC4:::calculateGaussianBc(parts, 1, TRUE), caic = cAIC(fit)$caic,
      mended_df = mended(parts, 1, TRUE)
    )
  }
  if (refits) result$df_by_refits <- by_refits(fit, data, formula, method == "REML")
  result
}

write_reference(list(
  versions = c(versions(), list(cAIC4 = as.character(packageVersion("cAIC4")))),
  models = list(
    sleepstudy = reference(read("sleepstudy"), "Reaction ~ Days + (Days | Subject)", "REML"),
    sleepstudy_ml = reference(read("sleepstudy"), "Reaction ~ Days + (Days | Subject)", "ML"),
    pastes = reference(read("Pastes"), "strength ~ 1 + (1 | batch/cask)", "REML"),
    machines = reference(read("Machines"), "score ~ Machine + (Machine | Worker)", "REML"),
    penicillin = reference(read("Penicillin"), "diameter ~ 1 + (1 | plate) + (1 | sample)", "ML"),
    # Singular: cAIC4 takes a rank-deficient matrix for a regular one, and lme4's refits differ by
    # more than what is looked for (they give 79 degrees of freedom to 66 rows).
    rats_few = reference(
      s15[s15$cycle %% 60 == 0, ], "cc_marg ~ mPair + (mPair | ratID)", "REML",
      refits = FALSE, caic = FALSE
    ),
    rats_s15 = reference(
      s15, "cc_marg ~ mPair + (mPair | ratID)", "REML", refits = FALSE, caic = FALSE
    )
  )
), file.path(folder, "modes.json"))
