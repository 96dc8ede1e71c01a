"""How often a design comes out singular, over its size and over what is true."""
