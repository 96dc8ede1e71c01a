# Degrees of freedom and adjusted standard errors of fixed effects: lmerTest's Satterthwaite,
# pbkrtest's Kenward-Roger. Writes degrees.json; a minute. From the repository's root:
#   Rscript tests/reference/degrees.R

source("tests/reference/write.R")
suppressPackageStartupMessages({
  library(lmerTest)
  library(pbkrtest)
})

table_of <- function(name, path = file.path("data/published", paste0(name, ".csv"))) {
  read.csv(path, stringsAsFactors = TRUE, na.strings = "NA")
}

rats <- subset(table_of("rats", "data/rats.csv"), spd_des == "s15")
penicillin <- transform(table_of("Penicillin"), dose = (as.integer(factor(plate)) %% 3) - 1)
sleep <- transform(table_of("sleepstudy"), Subject = factor(Subject))
oats <- table_of("Oats")

# Two rows in seven left out, so that nothing is balanced.
unbalanced <- function(table) table[(seq_len(nrow(table))^2) %% 7 != 1, ]

# KR = FALSE where pbkrtest's n x n matrices are too large.
models <- list(
  sleepstudy = list(Reaction ~ Days + (Days | Subject), sleep),
  Oats = list(yield ~ nitro * Variety + (1 | Block / Variety), oats),
  Machines = list(score ~ Machine + (Machine | Worker), table_of("Machines")),
  Orthodont = list(distance ~ Sex * age + (age | Subject), table_of("Orthodont")),
  Penicillin = list(diameter ~ dose + (1 | plate) + (1 | sample), penicillin),
  Pastes = list(strength ~ 1 + (1 | batch / cask), table_of("Pastes")),
  sleepstudy_unbalanced = list(Reaction ~ Days + (Days | Subject), unbalanced(sleep)),
  Machines_unbalanced = list(
    score ~ Machine + (Machine | Worker), unbalanced(table_of("Machines"))
  ),
  Penicillin_unbalanced = list(
    diameter ~ dose + (1 | plate) + (1 | sample), unbalanced(penicillin)
  ),
  sleepstudy_uncorrelated = list(Reaction ~ Days + (1 | Subject) + (0 + Days | Subject), sleep),
  Dyestuff2 = list(Yield ~ 1 + (1 | Batch), table_of("Dyestuff2")),
  rats_s15 = list(cc_marg ~ mPair + (mPair | ratID), rats, KR = FALSE)
)

fit_of <- function(model, REML) {
  n <- length(lme4::lFormula(model[[1]], model[[2]])$reTrms$theta)
  control <- lmerControl(
    optimizer = "bobyqa", optCtrl = tightest(n)$bobyqa, calc.derivs = FALSE,
    check.conv.singular = "ignore"
  )
  lmerTest::lmer(model[[1]], model[[2]], REML = REML, control = control)
}

satterthwaite <- function(fit) {
  found <- coef(summary(fit, ddf = "Satterthwaite"))
  column <- function(name) as.list(setNames(found[, name], rownames(found)))
  list(df = column("df"), p = column("Pr(>|t|)"))
}

kenward_roger <- function(fit) {
  adjusted <- vcovAdj(fit)
  names <- names(fixef(fit))
  L <- diag(length(names))
  df <- sapply(seq_along(names), function(j) Lb_ddf(L[j, ], vcov(fit), adjusted))
  list(
    std_error = as.list(setNames(sqrt(diag(as.matrix(adjusted))), names)),
    df = as.list(setNames(df, names))
  )
}

results <- list()
for (name in names(models)) {
  for (REML in c(TRUE, FALSE)) {
    model <- models[[name]]
    told <- with_words(fit <- fit_of(model, REML))
    sat <- with_words(satterthwaite(fit))
    results[[paste0(name, if (REML) "_REML" else "_ML")]] <- list(
      name = name,
      formula = deparse1(model[[1]]),
      method = if (REML) "REML" else "ML",
      singular = isSingular(fit),
      criterion = if (REML) REMLcrit(fit) else unname(deviance(fit)),
      fixed = as.list(fixef(fit)),
      std_error = as.list(setNames(sqrt(diag(as.matrix(vcov(fit)))), names(fixef(fit)))),
      satterthwaite = sat$value,
      messages = I(c(told$words, sat$words)),
      kenward_roger = if (REML && !isFALSE(model$KR)) kenward_roger(fit)
    )
  }
}

packages <- c("lmerTest", "pbkrtest")
more <- lapply(setNames(packages, packages), function(p) as.character(packageVersion(p)))
write_reference(
  list(versions = c(versions(), more), models = results), "tests/reference/degrees.json"
)
