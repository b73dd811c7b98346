"""A definition at instants that follow each other: windows move on, and what stays in them is not looked at again."""
