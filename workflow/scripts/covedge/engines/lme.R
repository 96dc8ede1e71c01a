# One model by nlme's lme(), as nlme.py in this folder puts it. Needs R and nlme, nothing else.
#
#   Rscript lme.R FOLDER
#
# reads model.txt (lines of a key and its values, split by tabs) and rows.bin (doubles, column by
# column) in FOLDER, and writes answer.txt there in the form of model.txt. What was tried is written
# at once, so that it is known even if the rest takes too long.

folder <- commandArgs(TRUE)[1]
suppressPackageStartupMessages(library(nlme))

out <- file(file.path(folder, "answer.txt"), open = "wb")

# Text on one line: nothing is lost, since the backslash is escaped too.
one_line <- function(text) {
  text <- gsub("\\", "\\\\", enc2utf8(text), fixed = TRUE)
  gsub("\t", "\\t", gsub("\n", "\\n", text, fixed = TRUE), fixed = TRUE)
}

say <- function(key, values) {
  values <- if (is.numeric(values)) sprintf("%.17g", values) else one_line(values)
  writeLines(paste(c(key, values), collapse = "\t"), out, useBytes = TRUE)
  flush(out)
}

read_given <- function() {
  lines <- strsplit(readLines(file.path(folder, "model.txt")), "\t", fixed = TRUE)
  given <- setNames(lapply(lines, `[`, -1), vapply(lines, `[`, "", 1))
  n <- as.integer(given$rows)
  size <- n * length(given$columns)
  values <- readBin(file.path(folder, "rows.bin"), "double", size, endian = "little")
  rows <- as.data.frame(matrix(values, n, dimnames = list(NULL, given$columns)))
  rows[given$groups] <- lapply(rows[given$groups], factor)
  c(given, list(data = rows))
}

# What lme() returns, or an error; its warnings are written down. lme looks its formulas up by
# value, not by name, hence do.call.
attempt <- function(given, control) {
  weights <- if ("V" %in% given$columns) varFixed(~V)
  arguments <- list(
    as.formula(given$fixed), data = given$data, random = eval(parse(text = given$random)),
    method = given$method, weights = weights, control = control
  )
  withCallingHandlers(
    tryCatch(do.call(lme, arguments), error = identity),
    warning = function(w) {
      say("message", conditionMessage(w))
      invokeRestart("muffleWarning")
    }
  )
}

# As a user would run it, and once more with the other optimiser if that is an error.
fit_model <- function(given) {
  for (opt in c("nlminb", "optim")) {
    fit <- attempt(given, if (opt == "nlminb") list() else lmeControl(opt = opt))
    if (!inherits(fit, "error")) {
      say("optimiser", opt)
      return(fit)
    }
    if (proc.time()[["elapsed"]] > as.numeric(given$limit)) quit("no", status = 1)
    say("error", c(opt, conditionMessage(fit)))
  }
  NULL
}

given <- read_given()
# nlme.py stops R at its limit. This one is for the case that nlme.py itself was killed.
setTimeLimit(elapsed = as.numeric(given$limit))
seconds <- system.time(fit <- fit_model(given))[["elapsed"]]
say("seconds", seconds)
if (!is.null(fit)) {
  for (group in given$groups) {
    say(group, as.vector(as.matrix(fit$modelStruct$reStruct[[group]])))
  }
  say("sigma", fit$sigma)
  say("beta", unname(fixef(fit)))
  say("std_error", unname(sqrt(diag(fit$varFix))))
  say("loglik", fit$logLik)
  say("apvar", if (is.character(fit$apVar)) fit$apVar else "positive definite")
}
close(out)
