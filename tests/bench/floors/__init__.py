"""The bare floors: each stage's least work as a script without the house around it."""
