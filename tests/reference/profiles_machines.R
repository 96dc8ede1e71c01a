# Why lme4's profiles of the correlations of Machines go astray, and D at covedge's ends.
#
# lme4's own deviance as a function of standard deviations and correlations also has values where
# the correlations are not those of any covariance matrix, and its profile walks there. Here it is
# minimised with one correlation held, among proper matrices alone, from correlations of zero.
# Run in this folder, after profiles.R: Rscript profiles_machines.R (a minute).

source("write.R")

known <- fromJSON("profiles.json")$models$machines
rows <- read.csv("../../data/published/Machines.csv", stringsAsFactors = TRUE)
rows$Worker <- factor(rows$Worker)
control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhobeg = 0.2, rhoend = 1e-8))
fit <- lmer(score ~ Machine + (Machine | Worker), rows, REML = FALSE, control = control)
deviance_at <- lme4:::devfun2(fit, useSc = TRUE, signames = FALSE)
optimum <- attr(deviance_at, "optimum")[1:7]
places <- c(2, 3, 5)

smallest_eigenvalue <- function(p) {
  R <- diag(3)
  R[lower.tri(R)] <- p[places]
  R[upper.tri(R)] <- t(R)[upper.tri(R)]
  min(eigen(R, TRUE, TRUE)$values)
}

# Where lme4 ends with parameter k held, and by how much that misses the cut.
held <- function(k, value, proper) {
  start <- optimum
  if (proper) start[places] <- 0
  start <- start[-k]
  objective <- function(free) {
    p <- append(free, value, k - 1)
    outside <- proper && smallest_eigenvalue(p) < 1e-9
    if (outside) 1e4 - 1e3 * smallest_eigenvalue(p) else deviance_at(p)
  }
  for (i in 1:4) {
    found <- minqa::bobyqa(start, objective, control = list(rhoend = 1e-10, maxfun = 2e4))
    start <- found$par
  }
  list(
    value = value,
    off = found$fval - unname(deviance(fit)) - qchisq(.95, 1),
    smallest_eigenvalue = smallest_eigenvalue(append(found$par, value, k - 1))
  )
}

# As covedge prints them; in the order of `places`, lower and upper.
ours <- list(c(-0.3235428, 0.8867526), c(-0.8475104, 0.4518562), c(-0.5110302, 0.8252629))

result <- lapply(seq_along(places), function(i) {
  k <- places[i]
  list(
    name = names(optimum)[k],
    ours = lapply(ours[[i]], function(end) held(k, end, proper = TRUE)),
    lme4 = lapply(c(known$lower[k], known$upper[k]), function(end) held(k, end, proper = FALSE))
  )
})
write_reference(list(versions = versions(), correlations = result), "profiles_machines.json")
