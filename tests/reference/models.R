# The models of reference.json. Text is categorical, and so is a number used as a grouping factor
# or listed in `categorical`; `add` are columns made from others, or given; `weights` is a column.

model <- function(data, formula, method, categorical = NULL, add = NULL, weights = NULL) {
  given <- list(data = data, formula = formula, method = method)
  optional <- list(categorical = if (length(categorical)) I(categorical), add = add, weights = weights)
  c(given, optional[lengths(optional) > 0])
}

nested <- list(
  sleepstudy_reml = model("sleepstudy", "Reaction ~ Days + (Days | Subject)", "REML"),
  sleepstudy_ml = model("sleepstudy", "Reaction ~ Days + (Days | Subject)", "ML"),
  sleepstudy_uncorrelated_ml = model("sleepstudy", "Reaction ~ Days + (Days || Subject)", "ML"),
  sleepstudy_two_terms_ml = model(
    "sleepstudy", "Reaction ~ Days + (1 | Subject) + (0 + Days | Subject)", "ML"
  ),
  sleepstudy_slope_only_ml = model("sleepstudy", "Reaction ~ Days + (0 + Days | Subject)", "ML"),
  sleepstudy_poly_ml = model("sleepstudy", "Reaction ~ poly(Days, 3) + (Days | Subject)", "ML"),
  sleepstudy_spline_ml = model(
    "sleepstudy", "Reaction ~ bs(Days, df = 4) + (Days | Subject)", "ML"
  ),
  sleepstudy_quadratic_reml = model(
    "sleepstudy", "Reaction ~ Days + I(Days^2) + (Days + I(Days^2) | Subject)", "REML"
  ),
  sleepstudy_quadratic_uncorrelated_reml = model(
    "sleepstudy", "Reaction ~ Days + I(Days^2) + (Days + I(Days^2) || Subject)", "REML"
  ),
  sleepstudy_weights_reml = model(
    "sleepstudy", "Reaction ~ Days + (Days | Subject)", "REML", add = list(w = "Days + 1"),
    weights = "w"
  ),
  sleepstudy_deficient_reml = model(
    "sleepstudy", "Reaction ~ Days + I(2 * Days + 1) + (Days | Subject)", "REML"
  ),
  dyestuff_ml = model("Dyestuff", "Yield ~ 1 + (1 | Batch)", "ML"),
  dyestuff_reml = model("Dyestuff", "Yield ~ 1 + (1 | Batch)", "REML"),
  dyestuff2_ml = model("Dyestuff2", "Yield ~ 1 + (1 | Batch)", "ML"),
  dyestuff2_reml = model("Dyestuff2", "Yield ~ 1 + (1 | Batch)", "REML"),
  rail_reml = model("Rail", "travel ~ 1 + (1 | Rail)", "REML"),
  machines_reml = model("Machines", "score ~ Machine + (Machine | Worker)", "REML"),
  machines_cells_ml = model("Machines", "score ~ Machine + (0 + Machine | Worker)", "ML"),
  machines_cs_reml = model(
    "Machines", "score ~ Machine + (1 | Worker) + (1 | Worker:Machine)", "REML"
  ),
  machines_sum_reml = model(
    "Machines", "score ~ C(Machine, contr.sum) + (1 | Worker/Machine)", "REML"
  ),
  pastes_ml = model("Pastes", "strength ~ 1 + (1 | batch/cask)", "ML"),
  pastes_reml = model("Pastes", "strength ~ 1 + (1 | batch/cask)", "REML"),
  oats_reml = model("Oats", "yield ~ nitro + Variety + (1 | Block/Variety)", "REML"),
  oats_interaction_ml = model("Oats", "yield ~ nitro * Variety + (1 | Block/Variety)", "ML"),
  oats_factor_reml = model("Oats", "yield ~ nitro + (Variety | Block)", "REML"),
  oats_slopes_ml = model("Oats", "yield ~ nitro + Variety + (nitro | Block/Variety)", "ML"),
  oats_deficient_reml = model(
    "Oats", "yield ~ nitro + I(100 * nitro) + Variety + (1 | Block/Variety)", "REML"
  ),
  orthodont_reml = model("Orthodont", "distance ~ age + (age | Subject)", "REML"),
  orthodont_ml = model("Orthodont", "distance ~ age + (age | Subject)", "ML"),
  orthodont_sex_reml = model(
    "Orthodont", "distance ~ I(age - 11) * Sex + (I(age - 11) | Subject)", "REML"
  ),
  orthodont_helmert_ml = model(
    "Orthodont", "distance ~ age + C(Sex, contr.helmert) + (1 | Subject)", "ML"
  ),
  oxboys_reml = model("Oxboys", "height ~ age + (age | Subject)", "REML"),
  oxboys_quadratic_reml = model(
    "Oxboys", "height ~ age + I(age^2) + (age + I(age^2) | Subject)", "REML"
  ),
  mathachieve_reml = model("MathAchieve", "MathAch ~ SES + (SES | School)", "REML"),
  mathachieve_meanses_reml = model("MathAchieve", "MathAch ~ SES * MEANSES + (SES | School)", "REML"),
  mathachieve_minority_ml = model(
    "MathAchieve", "MathAch ~ SES + Minority + (SES + Minority | School)", "ML"
  ),
  ergostool_reml = model("ergoStool", "effort ~ Type + (1 | Subject)", "REML"),
  ergostool_ml = model("ergoStool", "effort ~ Type + (1 | Subject)", "ML"),
  pixel_reml = model("Pixel", "pixel ~ day + I(day^2) + (day | Dog) + (1 | Dog:Side)", "REML"),
  pixel_three_terms_ml = model(
    "Pixel", "pixel ~ day + I(day^2) + (1 | Dog) + (0 + day | Dog) + (1 | Dog:Side)", "ML"
  ),
  alfalfa_reml = model("Alfalfa", "Yield ~ Date * Variety + (1 | Block/Variety)", "REML"),
  wafer_reml = model(
    "Wafer", "current ~ voltage + I(voltage^2) + (voltage | Wafer/Site)", "REML"
  ),
  wafer_uncorrelated_ml = model(
    "Wafer",
    "current ~ voltage + I(voltage^2) + (voltage + I(voltage^2) || Wafer) + (voltage || Wafer:Site)",
    "ML"
  ),
  bodyweight_reml = model(
    "BodyWeight", "weight ~ Time * Diet + (Time | Rat)", "REML", categorical = "Diet"
  ),
  bodyweight_weights_ml = model(
    "BodyWeight", "weight ~ Time * Diet + (Time | Rat)", "ML", categorical = "Diet",
    weights = "Time"
  ),
  spruce_reml = model("Spruce", "logSize ~ days + (days | plot/Tree)", "REML"),
  spruce_spline_ml = model("Spruce", "logSize ~ bs(days, df = 5) + (1 | plot/Tree)", "ML"),
  glucose_reml = model("Glucose", "conc ~ poly(Time, 4) + Meal + (Time | Subject/Meal)", "REML"),
  igf_reml = model("IGF", "conc ~ age + (age | Lot)", "REML"),
  igf_ml = model("IGF", "conc ~ age + (age | Lot)", "ML"),
  gun_reml = model("Gun", "rounds ~ Method + Physique + (Method | Team)", "REML"),
  oxide_reml = model("Oxide", "Thickness ~ Source + (1 | Lot/Wafer)", "REML"),
  meat_ml = model("Meat", "score ~ Storage + (1 | Block/Pair)", "ML", categorical = "Storage"),
  milk_reml = model("Milk", "protein ~ Diet * Time + (Time | Cow)", "REML"),
  dialyzer_reml = model(
    "Dialyzer", "rate ~ (pressure + I(pressure^2)) * QB + (pressure + I(pressure^2) | Subject)",
    "REML", categorical = "QB"
  ),
  ratpup_reml = model("RatPupWeight", "weight ~ Treatment + sex + Lsize + (sex | Litter)", "REML"),
  wheat2_reml = model("Wheat2", "yield ~ variety + (latitude | Block)", "REML"),
  cake_interaction_reml = model(
    "cake", "angle ~ recipe * temperature + (1 | recipe:replicate)", "REML",
    categorical = "temperature"
  ),
  cake_linear_ml = model("cake", "angle ~ recipe + temp + (temp || recipe:replicate)", "ML")
)

crossed <- list(
  penicillin_ml = model("Penicillin", "diameter ~ 1 + (1 | plate) + (1 | sample)", "ML"),
  penicillin_reml = model("Penicillin", "diameter ~ 1 + (1 | plate) + (1 | sample)", "REML"),
  ergostool_crossed_reml = model("ergoStool", "effort ~ 1 + (1 | Type) + (1 | Subject)", "REML"),
  machines_crossed_reml = model(
    "Machines", "score ~ 1 + (1 | Worker) + (1 | Machine) + (1 | Worker:Machine)", "REML"
  ),
  machines_slopes_crossed_ml = model(
    "Machines", "score ~ Machine + (Machine | Worker) + (1 | replicate)", "ML",
    add = list(replicate = rep(1:3, 18))
  ),
  sleepstudy_days_crossed_reml = model(
    "sleepstudy", "Reaction ~ Days + (Days | Subject) + (1 | day)", "REML",
    add = list(day = "Days")
  ),
  assay_reml = model(
    "Assay", "logDens ~ sample * dilut + (1 | Block) + (1 | Block:sample) + (1 | Block:dilut)",
    "REML", categorical = "dilut"
  ),
  alfalfa_crossed_ml = model(
    "Alfalfa", "Yield ~ Date + (1 | Block) + (1 | Variety) + (1 | Block:Variety)", "ML"
  ),
  oats_slopes_crossed_reml = model("Oats", "yield ~ nitro + (nitro | Block) + (1 | Variety)", "REML"),
  oats_mixed_ml = model(
    "Oats", "yield ~ nitro + (1 | Block) + (nitro | Variety) + (1 | Block:Variety)", "ML"
  ),
  cake_crossed_reml = model(
    "cake", "angle ~ recipe + temp + (temp | replicate) + (1 | recipe:replicate) + (1 | temperature)",
    "REML"
  ),
  pixel_crossed_ml = model("Pixel", "pixel ~ day + I(day^2) + (day | Dog) + (1 | Side)", "ML"),
  wafer_crossed_reml = model(
    "Wafer", "current ~ voltage + I(voltage^2) + (voltage | Wafer) + (voltage | Site)", "REML"
  ),
  wheat2_crossed_reml = model("Wheat2", "yield ~ latitude + (1 | Block) + (1 | variety)", "REML"),
  glucose_crossed_ml = model(
    "Glucose", "conc ~ poly(Time, 4) + (1 + Time | Subject) + (1 | Meal) + (1 | Subject:Meal)", "ML"
  ),
  milk_crossed_reml = model(
    "Milk", "protein ~ Diet + (Time | Cow) + (0 + Time | Diet) + (1 | week)", "REML",
    add = list(week = "Time")
  ),
  gun_crossed_reml = model(
    "Gun", "rounds ~ 1 + (1 | Physique) + (1 | Team) + (1 | Method)", "REML"
  ),
  insteval_ml = model("InstEval", "y ~ service * dept + (1 | s) + (1 | d)", "ML",
    categorical = c("service", "dept")
  ),
  insteval_reml = model("InstEval", "y ~ service * dept + (1 | s) + (1 | d)", "REML",
    categorical = c("service", "dept")
  )
)

models <- c(nested, crossed)
