"""Membership over time: who is in force in each segment, since when, what changed and why.

Bits per segment over a population in order are the truth; members, history and what is published follow
from them.
"""
