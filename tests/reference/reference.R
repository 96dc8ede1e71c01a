# Fits of lme4 on tests/data/*.csv, as tight as its optimisers go, for the tests of the library.
# Run from anywhere: Rscript tests/reference/reference.R

script <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
folder <- dirname(normalizePath(script))
source(file.path(folder, "write.R"))

# Read as covedge reads them: text is categorical, and so is a number used as a grouping factor.
read <- function(name) {
  table <- read.csv(file.path(folder, "..", "data", paste0(name, ".csv")), stringsAsFactors = TRUE)
  for (column in intersect(c("Subject", "Worker"), names(table))) {
    table[[column]] <- factor(table[[column]])
  }
  table
}

model <- function(data, formula, method) list(data = data, formula = formula, method = method)

models <- list(
  sleepstudy_reml = model("sleepstudy", "Reaction ~ Days + (Days | Subject)", "REML"),
  sleepstudy_ml = model("sleepstudy", "Reaction ~ Days + (Days | Subject)", "ML"),
  sleepstudy_uncorrelated_ml = model("sleepstudy", "Reaction ~ Days + (Days || Subject)", "ML"),
  dyestuff_ml = model("Dyestuff", "Yield ~ 1 + (1 | Batch)", "ML"),
  dyestuff_reml = model("Dyestuff", "Yield ~ 1 + (1 | Batch)", "REML"),
  dyestuff2_ml = model("Dyestuff2", "Yield ~ 1 + (1 | Batch)", "ML"),
  dyestuff2_reml = model("Dyestuff2", "Yield ~ 1 + (1 | Batch)", "REML"),
  machines_reml = model("Machines", "score ~ Machine + (Machine | Worker)", "REML"),
  machines_cs_reml = model(
    "Machines", "score ~ Machine + (1 | Worker) + (1 | Worker:Machine)", "REML"
  ),
  pastes_ml = model("Pastes", "strength ~ 1 + (1 | batch/cask)", "ML"),
  pastes_reml = model("Pastes", "strength ~ 1 + (1 | batch/cask)", "REML"),
  oats_reml = model("Oats", "yield ~ nitro + Variety + (1 | Block/Variety)", "REML"),
  orthodont_reml = model("Orthodont", "distance ~ age + (age | Subject)", "REML"),
  orthodont_ml = model("Orthodont", "distance ~ age + (age | Subject)", "ML")
)

controls <- list(
  default = lmerControl(),
  bobyqa = lmerControl("bobyqa", optCtrl = list(rhobeg = 0.2, rhoend = 1e-10, maxfun = 1e6)),
  nloptwrap = lmerControl(
    "nloptwrap",
    optCtrl = list(xtol_abs = 1e-12, xtol_rel = 1e-12, ftol_abs = 1e-13, maxeval = 1e5)
  )
)

# The lowest criterion of the tight fits is the reference; that of the default stands beside it.
reference <- function(model) {
  table <- read(model$data)
  fits <- lapply(controls, function(control) {
    done <- with_words(
      lmer(as.formula(model$formula), table, REML = model$method == "REML", control = control)
    )
    lmer_result(done$value, done$words)
  })
  criteria <- vapply(fits, `[[`, numeric(1), "criterion")
  best <- fits[[names(which.min(criteria[-1]))]]
  c(model, best[names(best) != "method"], list(criteria = as.list(criteria)))
}

result <- list(versions = versions(), models = lapply(models, reference))
write_reference(result, file.path(folder, "reference.json"))
