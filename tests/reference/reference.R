# Fits of lme4 on data/published, as tight as its optimisers go, for the tests of the library.
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
  path <- file.path(folder, "..", "..", "data", "published", paste0(model$data, ".csv"))
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

# On InstEval a fit takes minutes.
large <- c("default", "bobyqa")
all <- c("default", names(tightest(0)))

fit_with <- function(model, table, optimizer, start = NULL) {
  formula <- as.formula(model$formula)
  control <- if (optimizer == "default") {
    lmerControl()
  } else {
    # Made for its theta alone; what it says, the fit says again.
    parts <- suppressWarnings(suppressMessages(lFormula(formula, table)))
    lmerControl(optimizer, optCtrl = tightest(length(parts$reTrms$theta))[[optimizer]])
  }
  arguments <- list(
    formula, table, REML = model$method == "REML", control = control,
    start = start
  )
  if (!is.null(model$weights)) arguments$weights <- table[[model$weights]]
  with_words(do.call(lmer, arguments))
}

# The lowest criterion is the reference, once more from where it ended; each optimiser's stands
# beside it.
reference <- function(model) {
  table <- read(model)
  optimizers <- if (model$data == "InstEval") large else all
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
