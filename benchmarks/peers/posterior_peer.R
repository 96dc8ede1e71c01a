# stan_lmer with its own defaults: answers one line of JSON for each line that it is sent, as
# peers/serve.py does, and writes draws of sigma, beta and G to a file.
# Rscript posterior_peer.R data.csv label,label formula chains draws tune cores file

arguments <- commandArgs(TRUE)
labels <- strsplit(arguments[2], ",")[[1]]
formula <- as.formula(arguments[3])
counts <- setNames(as.integer(arguments[4:7]), c("chains", "draws", "tune", "cores"))

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
  suppressWarnings(suppressPackageStartupMessages({library(rstanarm); TRUE})),
  error = function(e) FALSE
)
if (!loaded) {
  answer(error = text("the R package rstanarm is not installed"))
  quit(status = 0)
}
data <- read.csv(arguments[1], colClasses = setNames(rep("factor", length(labels)), labels))
versions <- vapply(c("rstanarm", "rstan"), function(name) text(packageVersion(name)), "")
answer(
  ready = "0",
  versions = paste0(
    '{"R": ', text(as.character(getRversion())),
    paste0(', "', names(versions), '": ', versions, collapse = ""), "}"
  )
)

# sigma, beta and the lower triangle of each G, by rstanarm's names.
wanted <- function(names) {
  names <- setdiff(names, c("mean_PPD", "log-posterior"))
  names[!grepl("^b\\[", names)]
}
seed <- 0
lines <- file("stdin", "r")
while (length(readLines(lines, n = 1)) > 0) {
  words <- character()
  keep <- function(condition) {
    words <<- c(words, conditionMessage(condition))
    invokeRestart(if (inherits(condition, "warning")) "muffleWarning" else "muffleMessage")
  }
  seed <- seed + 1
  # Nothing but answers may go to the output that the driver reads.
  sink(stderr())
  started <- Sys.time()
  result <- tryCatch(
    withCallingHandlers(
      stan_lmer(
        formula, data, chains = counts[["chains"]], iter = counts[["draws"]] + counts[["tune"]],
        warmup = counts[["tune"]], cores = counts[["cores"]], seed = seed, refresh = 0
      ),
      warning = keep, message = keep
    ),
    error = function(e) conditionMessage(e)
  )
  seconds <- as.numeric(difftime(Sys.time(), started, units = "secs"))
  sink()
  if (is.character(result)) {
    answer(error = text(result), seconds = number(seconds))
    next
  }
  draws <- as.array(result)
  draws <- draws[, , wanted(dimnames(draws)[[3]]), drop = FALSE]
  # Last index fastest, chains first: (chains, draws, numbers).
  writeBin(as.vector(aperm(draws, c(3, 1, 2))), arguments[8])
  statistics <- rstan::get_sampler_params(result$stanfit, inc_warmup = FALSE)
  divergences <- sum(vapply(statistics, function(s) sum(s[, "divergent__"]), 1))
  steps <- mean(vapply(statistics, function(s) mean(s[, "n_leapfrog__"]), 1))
  # Processor seconds that the chains report, warm-up and all, `cores` at a time without a gap.
  own <- sum(rstan::get_elapsed_time(result$stanfit)) / counts[["cores"]]
  answer(
    seconds = number(seconds), criterion = "null", message = text(unique(trimws(words))),
    sampling = number(own), wall = number(seconds), compiling = "0", divergences = number(divergences),
    steps = number(steps),
    names = paste0("[", paste(vapply(dimnames(draws)[[3]], text, ""), collapse = ", "), "]")
  )
}
