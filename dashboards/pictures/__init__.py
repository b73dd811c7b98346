"""Charts of the pages that explain: each a function of a tidy frame, as in `dashboards/charts.py`."""
