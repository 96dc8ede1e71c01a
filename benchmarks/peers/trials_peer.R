# lme4's simulate() and refit() from the same truth: Rscript trials_peer.R data.csv label,label
# formula replicates covariance, the last as numbers row by row, relative to sigma^2.

arguments <- commandArgs(TRUE)
suppressPackageStartupMessages(library(lme4))
labels <- strsplit(arguments[2], ",")[[1]]
data <- read.csv(arguments[1], colClasses = setNames(rep("factor", length(labels)), labels))
formula <- as.formula(arguments[3])
n <- as.integer(arguments[4])
numbers <- as.numeric(strsplit(arguments[5], ",")[[1]])
Sigma <- matrix(numbers, sqrt(length(numbers)))
quietly <- function(x) suppressMessages(suppressWarnings(x))
fit <- quietly(lmer(formula, data, REML = TRUE))
Lambda <- t(chol(Sigma))
truth <- list(theta = Lambda[lower.tri(Lambda, diag = TRUE)], beta = 0 * fixef(fit), sigma = 1)
set.seed(1)
quietly(refit(fit, simulate(formula[-2], newdata = data, newparams = truth, family = gaussian)[[1]]))
began <- proc.time()
y <- quietly(simulate(
  formula[-2], newdata = data, newparams = truth, family = gaussian, nsim = n
))
singular <- sum(vapply(y, function(one) isSingular(quietly(refit(fit, one))), TRUE))
took <- proc.time() - began
cat(sprintf(
  '{"wall": %.17g, "processor": %.17g, "fits": %d, "singular": %d, "version": "%s"}\n',
  took[["elapsed"]], took[["user.self"]] + took[["sys.self"]], n, singular, packageVersion("lme4")
))
