"""Why a score is what it is: Shapley values of the models that we use, and the strongest of them in words."""
