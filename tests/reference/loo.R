# R's loo on log densities that a formula gives, so that Python has the same:
# u = (s sqrt 2 + i sqrt 3) mod 1 for draw s and observation i, both from 1; log density
# -1 + scale_i log u of three models, with scales of 0.9, 0.5 and 0.7 times i / n, shifted by
# -0.6, 0 and 0.7 times sin i. Run in this folder: Rscript loo.R

suppressPackageStartupMessages({
  library(loo)
  library(jsonlite)
})

S <- 1000
n <- 40
log_density <- function(scale, shift) {
  u <- outer(seq_len(S) * sqrt(2), seq_len(n) * sqrt(3), "+") %% 1
  sweep(log(u), 2, scale * seq_len(n) / n, "*") - 1 + shift * sin(seq_len(n))[col(u)]
}
models <- Map(log_density, list(0.9, 0.5, 0.7), list(-0.6, 0, 0.7))
found <- lapply(models, function(x) suppressWarnings(loo(x, r_eff = rep(1, n))))
names(found) <- c("one", "two", "three")
beside <- loo_compare(found)
pointwise <- sapply(found, function(x) x$pointwise[, "elpd_loo"])

result <- list(
  versions = list(
    R = paste(R.version$major, R.version$minor, sep = "."),
    loo = as.character(packageVersion("loo"))
  ),
  draws = S,
  tail = ceiling(min(0.2 * S, 3 * sqrt(S))),
  models = lapply(found, function(x) {
    list(
      elpd = x$pointwise[, "elpd_loo"],
      k = x$diagnostics$pareto_k,
      total = x$estimates["elpd_loo", "Estimate"],
      se = x$estimates["elpd_loo", "SE"],
      p = x$estimates["p_loo", "Estimate"]
    )
  }),
  comparison = list(
    model = rownames(beside),
    difference = unname(beside[, "elpd_diff"]),
    se = unname(beside[, "se_diff"])
  ),
  stacking = as.list(setNames(as.numeric(stacking_weights(pointwise)), names(found)))
)
write_json(result, "loo.json", digits = 15, auto_unbox = TRUE, pretty = TRUE)
