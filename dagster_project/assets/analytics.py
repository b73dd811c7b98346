"""What analysts define, and what SQL can't reckon well."""

import dagster as dg

from dagster_project import keys
from dagster_project.metadata import OWNERS, counts
from dagster_project.resources import Graph, announced


@dg.asset(key=keys.DEFINED, deps=[keys.RUN], group_name="analytics", owners=OWNERS, kinds={"python"})
def defined(graph: Graph) -> dg.MaterializeResult:
    """The words about consent, funnels and attribution as rows, checked, before the warehouse is built."""
    from activation.gates._landing import land_words
    from measurement.landing import land_definitions

    with announced("definitions"):
        word_count = land_words(graph.settings, graph.run)
        landed = counts(land_definitions(graph.settings, graph.run))
    return dg.MaterializeResult(metadata={**landed, "new_word_versions": word_count})


@dg.asset(key=keys.CREDITED, deps=[keys.LIFT], group_name="measurement", owners=OWNERS, kinds={"python"})
def credited(graph: Graph) -> dg.MaterializeResult:
    """What each channel earns of an order of each path, by Markov's removal effects and by Shapley's values."""
    from measurement.credits import credit_paths

    with announced("attribution"):
        return dg.MaterializeResult(metadata=counts(credit_paths(graph.settings, graph.run)))
