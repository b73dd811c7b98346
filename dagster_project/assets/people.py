"""Who is who: identifiers that belong to one person."""

import dagster as dg

from dagster_project import keys
from dagster_project.metadata import OWNERS, counts
from dagster_project.resources import Graph, announced


@dg.asset(key=keys.IDENTITY, deps=[keys.COMPACTED], group_name="identity", owners=OWNERS, kinds={"python"})
def resolved(graph: Graph) -> dg.MaterializeResult:
    """Identifier to profile, the pairs that say so, and those set aside for breaking a rule."""
    from identity.resolution import resolve

    with announced("identity"):
        return dg.MaterializeResult(metadata=counts(resolve(graph.settings, graph.run)))
