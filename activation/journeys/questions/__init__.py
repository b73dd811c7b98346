"""What a branch asks about a person at an instant: a file and a set-based SELECT for each kind of condition."""
