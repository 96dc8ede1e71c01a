"""The criterion beyond the boundary: indefinite fits, MIVQUE, the score of each next rung."""
