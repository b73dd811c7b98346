"""One file, one vendor: what it takes, refuses, answers and calls back. `sandbox/emulation` serves them all."""
