"""Computed attributes in the run: evaluated for everybody, kept as changes, read as of any evaluation.

What a definition may say and how it is computed is `activation.segments.computation`: segments ask for the
same values, and one meaning serves both.
"""
