# Fits of lme4 on tests/data, as tight as its optimisers go, for the tests of the library.
# Run from anywhere: Rscript tests/reference/reference.R. It takes some minutes, most of them for
# InstEval.

script <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
folder <- dirname(normalizePath(script))
source(file.path(folder, "write.R"))
source(file.path(folder, "models.R"))
library(splines)
# Levels in the order of their bytes, whatever the machine's language.
invisible(Sys.setlocale("LC_COLLATE", "C"))

read <- function(model) {
  path <- file.path(folder, "..", "data", paste0(model$data, ".csv"))
  if (!file.exists(path)) path <- paste0(path, ".gz")
  # Before any poly() or bs() sees them: else their basis is of rows that are not used.
  table <- na.omit(read.csv(path, stringsAsFactors = TRUE))
  for (name in names(model$add)) {
    new <- model$add[[name]]
    table[[name]] <- if (is.character(new)) eval(str2lang(new), table) else new
  }
  bars <- findbars(as.formula(model$formula))
  labels <- c(unlist(lapply(bars, function(bar) all.vars(bar[[3]]))), model$categorical)
  for (column in unique(labels)) table[[column]] <- factor(table[[column]])
  table
}

# lme4's own settings, and each optimiser as tight as it goes.
tight <- list(
  bobyqa = list(rhobeg = 0.2, rhoend = 1e-10, maxfun = 1e6),
  nloptwrap = list(xtol_abs = 1e-12, xtol_rel = 1e-12, ftol_abs = 1e-13, maxeval = 1e5),
  Nelder_Mead = list(maxfun = 1e5, FtolAbs = 1e-12, FtolRel = 1e-15, XtolRel = 1e-10),
  nlminbwrap = list(iter.max = 1e4, eval.max = 1e5, rel.tol = 1e-15)
)
# On InstEval a fit takes minutes.
large <- c("default", "bobyqa")

fit_with <- function(model, table, optimizer, start = NULL) {
  control <- if (optimizer == "default") {
    lmerControl()
  } else {
    lmerControl(optimizer, optCtrl = tight[[optimizer]])
  }
  arguments <- list(
    as.formula(model$formula), table, REML = model$method == "REML", control = control,
    start = start
  )
  if (!is.null(model$weights)) arguments$weights <- table[[model$weights]]
  with_words(do.call(lmer, arguments))
}

# The lowest criterion is the reference, once more from where it ended; each optimiser's stands
# beside it.
reference <- function(model) {
  table <- read(model)
  optimizers <- if (model$data == "InstEval") large else c("default", names(tight))
  fits <- sapply(optimizers, function(o) fit_with(model, table, o), simplify = FALSE)
  fits <- Filter(function(done) !is.null(done$value), fits)
  results <- lapply(fits, function(done) lmer_result(done$value, done$words))
  criteria <- lapply(results, `[[`, "criterion")
  best <- results[[which.min(unlist(criteria))]]
  if (model$data != "InstEval") {
    again <- fit_with(model, table, "bobyqa", best$theta)
    polished <- if (!is.null(again$value)) lmer_result(again$value, again$words)
    if (!is.null(polished) && polished$criterion <= best$criterion) best <- polished
  }
  c(model, best[names(best) != "method"], list(criteria = criteria))
}

result <- list(versions = versions(), models = models)
for (name in names(models)) {
  seconds <- system.time(result$models[[name]] <- reference(models[[name]]))[["elapsed"]]
  message(sprintf("%s: %.1f s, D = %.6f", name, seconds, result$models[[name]]$criterion))
}
write_reference(result, file.path(folder, "reference.json"))
