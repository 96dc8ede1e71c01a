# nlme's apVar and intervals(), as they come and with accurate differences.
# Run from anywhere: Rscript tests/reference/apvar.R. Takes half a minute.
#
# nlme differentiates its log-likelihood twice with steps of 6e-6 of each parameter, where rounding
# leaves two or three digits. `accurate` is nlme's own log-likelihood and its own intervals() with
# `fdHess` replaced by sixth-order central differences with steps of .01.

script <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
folder <- dirname(normalizePath(script))
source(file.path(folder, "write.R"))

data_set <- function(name, folder_of = file.path(folder, "..", "..", "data", "published")) {
  read.csv(file.path(folder_of, paste0(name, ".csv")), stringsAsFactors = TRUE)
}

accurate_hessian <- function(pars, fun, ..., .relStep, minAbsPar) {
  pars <- as.numeric(pars)
  weights <- c(-1, 9, -45, 45, -9, 1) / 60 / .01
  places <- c(-3, -2, -1, 1, 2, 3) * .01
  n <- length(pars)
  H <- matrix(0, n, n)
  for (i in seq_len(n)) for (j in seq_len(i)) {
    total <- 0
    for (a in seq_along(places)) for (b in seq_along(places)) {
      moved <- pars
      moved[i] <- moved[i] + places[a]
      moved[j] <- moved[j] + places[b]
      total <- total + weights[a] * weights[b] * fun(moved, ...)
    }
    H[i, j] <- H[j, i] <- total
  }
  list(mean = fun(pars, ...), gradient = NA, Hessian = H)
}

with_accurate <- function(expression) {
  original <- nlme::fdHess
  assignInNamespace("fdHess", accurate_hessian, "nlme")
  on.exit(assignInNamespace("fdHess", original, "nlme"))
  force(expression)
}

# Rows of intervals(): lower, estimate, upper.
rows <- function(fit) {
  if (is.character(fit$apVar)) return(fit$apVar)
  found <- intervals(fit)
  levels <- lapply(found$reStruct, function(table) {
    lapply(split(as.matrix(table), rownames(table)), function(row) I(unname(row)))
  })
  list(levels = levels, sigma = I(unname(c(found$sigma))))
}

fixed_rows <- function(fit) {
  table <- intervals(fit, which = "fixed")$fixed
  list(
    rows = lapply(split(table, rownames(table)), function(row) I(unname(row))),
    df = as.list(fit$fixDF$X)
  )
}

case <- function(data, formula, fixed, random, method, control = list()) {
  table <- data_set(data)
  run <- function(...) {
    # lme looks its formulas up by value, not by name.
    do.call(lme, list(fixed, data = table, random = random, method = method,
      control = do.call(lmeControl, list(...))))
  }
  fit <- do.call(run, control)
  tight <- with_accurate(do.call(run, c(control, msTol = 1e-13, tolerance = 1e-11)))
  list(
    data = data, formula = formula, method = method,
    as_it_comes = rows(fit), accurate = rows(tight), fixed = fixed_rows(fit)
  )
}

# Where nlme stops, and what it says of apVar there.
stopped <- function(data, formula, fixed, random, table, control) {
  done <- with_words(do.call(lme, list(fixed, data = table, random = random,
    control = do.call(lmeControl, control))))
  fit <- done$value
  G <- getVarCov(fit)
  list(
    data = data, formula = formula, method = "REML",
    covariance = I(unname(matrix(G, nrow(G)))),
    sigma = fit$sigma,
    apVar = fit$apVar,
    messages = I(done$words)
  )
}

rats <- data_set("rats", file.path(folder, "..", "..", "data"))
s15 <- droplevels(rats[!is.na(rats$cc_marg) & rats$spd_des == "s15", ])

write_reference(list(
  versions = versions(),
  intervals = list(
    orthodont = case("Orthodont", "distance ~ age + (age | Subject)",
      distance ~ age, ~ age | Subject, "REML"),
    orthodont_ml = case("Orthodont", "distance ~ age + (age | Subject)",
      distance ~ age, ~ age | Subject, "ML"),
    orthodont_diagonal = case("Orthodont", "distance ~ age + (age || Subject)",
      distance ~ age, list(Subject = pdDiag(~age)), "REML"),
    sleepstudy = case("sleepstudy", "Reaction ~ Days + (Days | Subject)",
      Reaction ~ Days, ~ Days | Subject, "REML"),
    oats = case("Oats", "yield ~ nitro + (1 | Block/Variety)",
      yield ~ nitro, ~ 1 | Block / Variety, "REML"),
    machines_nested = case("Machines", "score ~ Machine + (1 | Worker/Machine)",
      score ~ Machine, ~ 1 | Worker / Machine, "REML"),
    machines_symmetric = case("Machines", "score ~ Machine + (Machine | Worker)",
      score ~ Machine, list(Worker = pdCompSymm(~ Machine - 1)), "REML"),
    machines_full = case("Machines", "score ~ Machine + (Machine | Worker)",
      score ~ Machine, ~ Machine | Worker, "ML")
  ),
  stopped = list(
    dyestuff2 = stopped("Dyestuff2", "Yield ~ 1 + (1 | Batch)",
      Yield ~ 1, ~ 1 | Batch, data_set("Dyestuff2"), list()),
    rats_s15 = stopped("rats", "cc_marg ~ mPair + (mPair | ratID)",
      cc_marg ~ mPair, ~ mPair | ratID, s15,
      list(opt = "optim", maxIter = 200, msMaxIter = 200, returnObject = TRUE))
  )
), file.path(folder, "apvar.json"))
