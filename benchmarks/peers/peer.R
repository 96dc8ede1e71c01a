# lme4 or nlme: answers one line of JSON for each line that it is sent, as peers/serve.py does.
# Rscript peer.R engine data.csv label,label method fit|refit|bootstrap formula [random]

arguments <- commandArgs(TRUE)
engine <- arguments[1]
labels <- strsplit(arguments[3], ",")[[1]]
REML <- arguments[4] == "REML"
again <- arguments[5] == "refit"
bootstrap <- arguments[5] == "bootstrap"
# Of the 1,000 replicates that are asked for: all would take the better part of an hour.
replicates <- 5

text <- function(x) {
  x <- gsub("[[:cntrl:]]+", " ", paste(x, collapse = "; "))
  paste0('"', gsub('"', '\\"', gsub("\\", "\\\\", x, fixed = TRUE), fixed = TRUE), '"')
}
number <- function(x) if (length(x) == 1 && is.finite(x)) sprintf("%.17g", x) else "null"
answer <- function(...) {
  fields <- c(...)
  cat("{", paste0('"', names(fields), '": ', fields, collapse = ", "), "}\n", sep = "")
  flush(stdout())
}

loaded <- tryCatch(
  suppressPackageStartupMessages({library(engine, character.only = TRUE); TRUE}),
  error = function(e) FALSE
)
if (!loaded) {
  answer(error = text(paste("the R package", engine, "is not installed")))
  quit(status = 0)
}

# As R's own default has it, text is a factor once it is a label.
data <- read.csv(arguments[2], colClasses = setNames(rep("factor", length(labels)), labels))
formula <- as.formula(arguments[6])
if (engine == "lme4") {
  lmer(y ~ 1 + (1 | g), data.frame(y = c(1, 2, 4, 3, 5, 9), g = gl(3, 2)))
  fit <- function() lmer(formula, data, REML = REML)
  if (again) {
    base <- suppressWarnings(suppressMessages(fit()))
    fit <- function() refit(base, newresp = data$again)
    # The restricted criterion that a refit reports is not that of its own theta (lme4 1.1-31).
    criterion_at <- lmer(update(formula, again ~ .), data, REML = REML, devFunOnly = TRUE)
  }
  if (bootstrap) {
    base <- suppressWarnings(suppressMessages(fit()))
    fit <- function() {
      bootMer(base, function(m) c(fixef(m), getME(m, "theta")), nsim = replicates)
      message(sprintf("%d replicates, times %d", replicates, 1000 %/% replicates))
      base
    }
  }
} else {
  # Its default is an error, and no answer, where the optimiser has not converged.
  control <- lmeControl(returnObject = TRUE)
  random <- eval(str2lang(arguments[7]))
  fit <- function() {
    lme(formula, data, random, method = if (REML) "REML" else "ML", control = control)
  }
}

blas <- basename(sessionInfo()$BLAS)
answer(
  ready = "0",
  versions = sprintf(
    '{"R": %s, "%s": %s, "BLAS of R": %s}', text(as.character(getRversion())), engine,
    text(as.character(packageVersion(engine))), text(blas)
  )
)
lines <- file("stdin", "r")
while (length(readLines(lines, n = 1)) > 0) {
  words <- character()
  keep <- function(condition) {
    words <<- c(words, conditionMessage(condition))
    invokeRestart(if (inherits(condition, "warning")) "muffleWarning" else "muffleMessage")
  }
  started <- Sys.time()
  result <- tryCatch(
    withCallingHandlers(fit(), warning = keep, message = keep),
    error = function(e) conditionMessage(e)
  )
  seconds <- as.numeric(difftime(Sys.time(), started, units = "secs"))
  if (bootstrap) seconds <- seconds * 1000 / replicates
  if (is.character(result)) {
    answer(error = text(result), seconds = number(seconds))
    next
  }
  criterion <- -2 * as.numeric(logLik(result))
  if (again) {
    true <- criterion_at(getME(result, "theta"))
    if (abs(true - criterion) > 1e-6) {
      words <- c(sprintf("it reports %.5f, which is not the criterion at its theta", criterion), words)
    }
    criterion <- true
  }
  answer(
    seconds = number(seconds), criterion = number(criterion),
    message = text(unique(trimws(words)))
  )
}
