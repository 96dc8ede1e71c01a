"""What engines are called in files; the page has its own words for some."""

YOURS = "yours"
