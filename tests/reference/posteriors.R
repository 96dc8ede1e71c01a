# What stan_lmer says of two data sets, with its own default priors, and what those priors are.
# Run from anywhere: Rscript tests/reference/posteriors.R [name ...], for all or for some of RUNS.
# Takes some forty minutes on two cores, nearly all of it for the model with 6 x 6 covariances.

suppressPackageStartupMessages(library(rstanarm))
library(posterior)

script <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
folder <- dirname(normalizePath(script))
source(file.path(folder, "write.R"))
options(mc.cores = 2)

# adapt : shorter steps than by default (.95), so that less of the posterior is left out. With 6 x 6
# covariances .99 takes three quarters of an hour for one chain, so there it is the default.
ADAPT <- .99
WARMUP <- 1000

summaries <- function(draws) {
  draws <- subset_draws(draws, variable = grep("^b\\[|^mean_PPD$|^log-posterior$",
    variables(draws), invert = TRUE, value = TRUE))
  of <- as.data.frame(summarise_draws(draws, "mean", "sd",
    q05 = ~ unname(quantile2(.x, .05)), q95 = ~ unname(quantile2(.x, .95)),
    mcse_mean = mcse_mean, mcse_sd = mcse_sd,
    mcse_q05 = ~ unname(mcse_quantile(.x, .05)), mcse_q95 = ~ unname(mcse_quantile(.x, .95)),
    rhat = rhat, ess_bulk = ess_bulk, ess_tail = ess_tail))
  lapply(split(of, seq_len(nrow(of))), as.list)
}

# chains of `draws` kept draws each.
sampled <- function(formula, data, draws, seed, prior_only = FALSE, adapt = ADAPT, ...) {
  done <- with_words(stan_lmer(formula, data = data, chains = 4, warmup = WARMUP,
    iter = WARMUP + draws, seed = seed, adapt_delta = adapt, prior_PD = prior_only, refresh = 0, ...))
  fit <- done$value
  statistics <- rstan::get_sampler_params(fit$stanfit, inc_warmup = FALSE)
  list(
    formula = deparse1(formula),
    rows = nrow(data),
    chains = 4, warmup = WARMUP, draws = draws, seed = seed, adapt_delta = adapt,
    prior_only = prior_only,
    divergences = sum(sapply(statistics, function(s) sum(s[, "divergent__"]))),
    messages = I(as.character(done$words)),
    parameters = unname(summaries(as_draws_array(as.array(fit))))
  )
}

read <- function(...) read.csv(file.path(folder, ...), stringsAsFactors = TRUE)
sleepstudy <- read("..", "..", "data", "published", "sleepstudy.csv")
sleepstudy$Subject <- factor(sleepstudy$Subject)
rats <- read("..", "..", "data", "rats.csv")
s15 <- droplevels(rats[!is.na(rats$cc_marg) & rats$spd_des == "s15", ])

penicillin <- read("..", "..", "data", "published", "Penicillin.csv")

asked <- cc_marg ~ mPair + (mPair | ratID)
line <- Reaction ~ Days + (Days | Subject)
mine <- decov(regularization = 2, concentration = 1.5, shape = 2, scale = .5)

RUNS <- list(
  posterior = list(
    rats_s15 = quote(sampled(asked, s15, 4000, 2, adapt = .95)),
    sleepstudy = quote(sampled(line, sleepstudy, 10000, 1)),
    penicillin = quote(sampled(diameter ~ 1 + (1 | plate) + (1 | sample), penicillin, 4000, 3)),
    sleepstudy_mine = quote(sampled(line, sleepstudy, 4000, 4, prior_covariance = mine))
  ),
  prior = list(
    sleepstudy = quote(sampled(line, sleepstudy, 4000, 11, prior_only = TRUE)),
    rats_s15 = quote(sampled(asked, s15, 4000, 12, prior_only = TRUE)),
    rats_s15_mine = quote(sampled(asked, s15, 4000, 13, prior_only = TRUE, prior_covariance = mine))
  )
)

wanted <- commandArgs(TRUE)
path <- file.path(folder, "posteriors.json")
known <- if (file.exists(path)) read_json(path) else list()
packages <- c(rstanarm = "rstanarm", rstan = "rstan", posterior = "posterior")
known$versions <- c(versions(), lapply(packages, function(p) as.character(packageVersion(p))))
for (kind in names(RUNS)) for (name in names(RUNS[[kind]])) {
  if (length(wanted) && !(paste(kind, name, sep = ".") %in% wanted)) next
  message(kind, ".", name)
  known[[kind]][[name]] <- eval(RUNS[[kind]][[name]])
  write_reference(known, path)
}
