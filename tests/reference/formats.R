# Files as R writes them, for tests/unit/frames/test_formats.py: R 4.2.2, nlme 3.1.162.
#     cd tests/reference && Rscript formats.R
library(nlme)

rows <- data.frame(
  y = c(1.5, 2.5, NA, 4, 5, 6),
  f = factor(c("mid", "lo", "hi", "lo", "mid", "hi"), levels = c("lo", "mid", "hi", "none")),
  o = factor(c("a", "b", "c", "a", "b", "c"), levels = c("c", "b", "a"), ordered = TRUE),
  i = c(1L, 2L, NA, 4L, 5L, 6L),
  l = c(TRUE, FALSE, NA, TRUE, FALSE, TRUE),
  s = c("x", NA, "\u00fc", "\u00b5", "y", "z"),
  d = as.Date("2020-01-01") + 0:5,
  t = as.POSIXct("2020-01-01 12:00:00", tz = "UTC") + 0:5,
  stringsAsFactors = FALSE
)
few <- rows[1:2, ]
vector <- 1:3
saveRDS(rows, "formats/rows.rds")
saveRDS(rows, "formats/rows_xz.rds", compress = "xz")
save(rows, vector, file = "formats/one.RData")
save(rows, few, file = "formats/several.RData")
save(vector, file = "formats/none.rda")
saveRDS(Orthodont, "formats/orthodont.rds")
saveRDS(function(x) system("touch it_ran"), "formats/function.rds")
saveRDS(quote(system("touch it_ran")), "formats/call.rds")
write.csv2(rows, "formats/csv2.csv", row.names = FALSE)
write.table(rows, "formats/table.txt", sep = "\t", row.names = FALSE)
write.csv(rows, "formats/latin1.csv", row.names = FALSE, fileEncoding = "latin1")
write.csv(rows, "formats/with_row_names.csv")
