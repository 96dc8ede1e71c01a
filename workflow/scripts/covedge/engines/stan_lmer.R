# One model by rstanarm's stan_lmer(), as rstanarm.py in this folder puts it; exchange.R says how.
# The draws go to draws.bin: doubles, all numbers of a draw side by side, the sampler's energy last,
# chain after chain.

suppressWarnings(suppressPackageStartupMessages(library(rstanarm)))
script <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
source(file.path(dirname(script), "exchange.R"))

arguments <- list(
  as.formula(given$formula), data = given$data, refresh = 0,
  chains = as.integer(given$chains), iter = as.integer(given$iterations),
  cores = as.integer(given$cores), seed = as.integer(given$seed)
)
seconds <- system.time(fit <- with_words(do.call(stan_lmer, arguments)))[["elapsed"]]
say("seconds", seconds)
if (inherits(fit, "error")) {
  say("error", conditionMessage(fit))
} else {
  draws <- as.array(fit)
  names <- setdiff(dimnames(draws)[[3]], c("mean_PPD", "log-posterior"))
  names <- names[!grepl("^b\\[", names)]
  statistics <- rstan::get_sampler_params(fit$stanfit, inc_warmup = FALSE)
  kept <- array(dim = c(length(names) + 1, dim(draws)[1:2]))
  kept[seq_along(names), , ] <- aperm(draws[, , names, drop = FALSE], c(3, 1, 2))
  kept[length(names) + 1, , ] <- vapply(statistics, function(s) s[, "energy__"], draws[, 1, 1])
  writeBin(as.vector(kept), file.path(folder, "draws.bin"), endian = "little")
  say("divergences", sum(vapply(statistics, function(s) sum(s[, "divergent__"]), 1)))
  say("names", names)
  say("shape", dim(draws)[2:1])
}
close(out)
