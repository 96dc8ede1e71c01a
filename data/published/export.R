# Write example data sets of lme4 and nlme, as those packages ship them, as *.csv beside this script
# (the largest as *.csv.gz). Run from anywhere: Rscript data/published/export.R [folder], where a
# folder is given to write them there instead.

script <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
asked <- commandArgs(TRUE)
folder <- if (length(asked)) asked[1] else dirname(normalizePath(script))

from <- list(
  lme4 = c(
    "Arabidopsis", "sleepstudy", "Dyestuff", "Dyestuff2", "Pastes", "Penicillin", "cake", "InstEval"
  ),
  nlme = c(
    "Alfalfa", "Assay", "bdf", "BodyWeight", "Dialyzer", "ergoStool", "Glucose", "Gun", "IGF",
    "Machines", "MathAchieve", "Meat", "Milk", "Oats", "Orthodont", "Oxboys", "Oxide", "Pixel",
    "Rail", "RatPupWeight", "Spruce", "Wafer", "Wheat2"
  )
)
zipped <- c("Arabidopsis", "bdf", "InstEval", "MathAchieve", "Milk", "Spruce")
# Only what the models use of the largest.
columns <- list(
  bdf = c("schoolNR", "IQ.verb", "IQ.perf", "sex", "Minority", "ses", "langPOST"),
  InstEval = c("s", "d", "service", "dept", "y")
)

for (package in names(from)) {
  for (name in from[[package]]) {
    data(list = name, package = package)
    table <- as.data.frame(get(name))
    if (!is.null(columns[[name]])) table <- table[columns[[name]]]
    # In CSV a factor is its labels; numbers are written with the digits that give them back.
    numbers <- vapply(table, is.numeric, logical(1))
    table[numbers] <- lapply(table[numbers], format, digits = 15, trim = TRUE, drop0trailing = TRUE)
    path <- file.path(folder, paste0(name, ".csv"))
    write.csv(table, path, quote = FALSE, row.names = FALSE)
    # Without a time stamp, so that the same data are the same bytes.
    if (name %in% zipped) system2("gzip", c("-9", "-n", "-f", shQuote(path)))
  }
}
