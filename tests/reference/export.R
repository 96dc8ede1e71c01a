# Write the example data sets of lme4 and nlme, as those packages ship them, to tests/data/*.csv.
# Run from anywhere: Rscript tests/reference/export.R

script <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
folder <- file.path(dirname(normalizePath(script)), "..", "data")

from <- list(
  lme4 = c("sleepstudy", "Dyestuff", "Dyestuff2", "Pastes", "Penicillin"),
  nlme = c("Machines", "Oats", "Orthodont")
)

for (package in names(from)) {
  for (name in from[[package]]) {
    data(list = name, package = package)
    table <- as.data.frame(get(name))
    # In CSV a factor is its labels; numbers are written with the digits that give them back.
    numbers <- vapply(table, is.numeric, logical(1))
    table[numbers] <- lapply(table[numbers], format, digits = 15, trim = TRUE, drop0trailing = TRUE)
    write.csv(table, file.path(folder, paste0(name, ".csv")), quote = FALSE, row.names = FALSE)
  }
}
