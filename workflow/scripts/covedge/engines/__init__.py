"""Other people's engines: their answers, in their own words, under our certificate."""
