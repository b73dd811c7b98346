"""One profile whose facts are in memory: which segments it is in, and why.

compiled = Compiled(segments, moment)             # once per local day
compiled.members(facts, as_of)                    # ['lapsed_buyers', …]
compiled.explain(facts, as_of, 'lapsed_buyers')   # the tree with each condition's value and truth
"""

from activation.segments.person.compiled import Compiled
from activation.segments.person.facts import Facts, Row

__all__ = ["Compiled", "Facts", "Row"]
