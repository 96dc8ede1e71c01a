# What the scripts of this folder share: how r_process.py asks, and how they answer.
#
# Each is run as `Rscript lme.R FOLDER`, reads model.txt (lines of a key and its values, split by
# tabs) and rows.bin (doubles, column by column) in FOLDER, and writes answer.txt there in the form
# of model.txt. What was tried is written at once, so that it is known even if the rest takes too
# long.

folder <- commandArgs(TRUE)[1]
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

# The value of an expression, or the error that it ends in. Warnings and messages are written down
# word for word as they come.
with_words <- function(expression) {
  keep <- function(condition, kind, restart) {
    say("said", c(kind, trimws(conditionMessage(condition))))
    invokeRestart(restart)
  }
  withCallingHandlers(
    tryCatch(expression, error = identity),
    warning = function(w) keep(w, "Warning", "muffleWarning"),
    message = function(m) keep(m, "Message", "muffleMessage")
  )
}

given <- read_given()
# r_process.py stops R at its limit. This one is for the case that it was killed itself.
limit <- as.numeric(given$limit)
setTimeLimit(elapsed = limit)
