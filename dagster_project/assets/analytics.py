"""What analysts define, and what SQL can't reckon well."""

import dagster as dg

from dagster_project import keys
from dagster_project.metadata import OWNERS, counts
from dagster_project.resources import Graph, announced


@dg.asset(key=keys.DEFINED, deps=[keys.RUN], group_name="analytics", owners=OWNERS, kinds={"python"})
def defined(graph: Graph) -> dg.MaterializeResult:
    """Funnels and attribution as rows, checked, before the warehouse is built."""
    from measurement.landing import land_definitions

    with announced("definitions"):
        return dg.MaterializeResult(metadata=counts(land_definitions(graph.settings, graph.run)))


@dg.asset(key=keys.CREDITED, deps=[keys.LIFT], group_name="measurement", owners=OWNERS, kinds={"python"})
def credited(graph: Graph) -> dg.MaterializeResult:
    """What each channel earns of an order of each path, by Markov's removal effects and by Shapley's values."""
    from measurement.credits import credit_paths

    with announced("attribution"):
        return dg.MaterializeResult(metadata=counts(credit_paths(graph.settings, graph.run)))
