# What each of lme4's optimisers makes of the random problems of problems.py, as it comes and as
# tight as it goes. Run from anywhere: Rscript tests/reference/problems.R. Takes some minutes.

script <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
folder <- dirname(normalizePath(script))
source(file.path(folder, "write.R"))

asked <- read.csv(file.path(folder, "problems.csv"))
rows <- read.csv(file.path(folder, "problems.csv.gz"), stringsAsFactors = TRUE)
for (name in c("a", "b", "c", "d")) rows[[name]] <- factor(rows[[name]])

optimizers <- names(tightest(0))
unchecked <- list(check.nobs.vs.nlev = "ignore", check.nobs.vs.nRE = "ignore")

# D at the end, or NA where lme4 stops with an error.
criterion <- function(formula, table, REML, optimizer, settings) {
  control <- do.call(
    lmerControl, c(list(optimizer, optCtrl = settings, calc.derivs = FALSE), unchecked)
  )
  fit <- with_words(lmer(formula, table, REML = REML, control = control))$value
  if (is.null(fit)) return(NA)
  if (REML) REMLcrit(fit) else unname(deviance(fit))
}

problem <- function(k) {
  formula <- as.formula(asked$formula[k])
  table <- droplevels(rows[rows$problem == asked$problem[k], ])
  ends <- function(settings) {
    vapply(optimizers, function(name) {
      criterion(formula, table, asked$method[k] == "REML", name, as.list(settings[[name]]))
    }, numeric(1))
  }
  parts <- lFormula(formula, table, control = do.call(lmerControl, unchecked))
  if (k %% 20 == 0) message(k)
  # The default of lme4 1.1-31 is nloptwrap as it comes.
  list(default = as.list(ends(list())), tight = as.list(ends(tightest(length(parts$reTrms$theta)))))
}

write_reference(
  list(versions = versions(), problems = lapply(seq_len(nrow(asked)), problem)),
  file.path(folder, "problems.json")
)
