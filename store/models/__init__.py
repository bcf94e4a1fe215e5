"""Tables of the house, one module a noun."""
