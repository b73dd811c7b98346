"""How everybody who stands at one kind of node leaves it: a file and a set-based statement for each kind."""
