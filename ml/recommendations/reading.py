"""What a run's published tables tell of people and products: acts with the time at which they took effect.

Robots, acts of nobody known and lines without a product are left out. A purchase takes effect with its Order
Completed; a refund that names products undoes those, one that names none, and a cancellation, the whole order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from kith.run import Run
from kith.settings import Settings
from kith.times import to_utc_naive
from kith.warehouse import Warehouse, literal
from ml.recommendations.catalogue import Catalogue, catalogue_of
from ml.recommendations.interactions import NEVER, Interactions, interactions_of

if TYPE_CHECKING:
    import numpy as np

#: How much an act tells, beside a purchase's 1.
VIEWS: Mapping[str, float] = {"Product Viewed": 0.2, "Product Clicked": 0.2, "Product Added": 0.5}
#: A pause of this length ends a visit.
PAUSE = timedelta(minutes=30)
MICROSECOND = timedelta(microseconds=1)
DAY = timedelta(days=1) // MICROSECOND
#: How schema.org's words for what can't be had end, without spaces and marks.
GONE = ("outofstock", "soldout", "discontinued")

_PEOPLE = """
    CREATE TEMP TABLE people AS
    SELECT profile_id, row_number() OVER (ORDER BY profile_id) - 1 AS person, coalesce(country, '') AS place
    FROM profiles
    WHERE NOT coalesce(is_bot, false)
"""

_SHELF = """
    CREATE TEMP TABLE shelf AS
    SELECT product_id, row_number() OVER (ORDER BY product_id) - 1 AS product, coalesce(name, product_id) AS name,
           coalesce(category, '') AS category, {availability} AS is_available
    FROM products
"""

_ACTS = """
    WITH viewed AS (
        SELECT events.profile_id, json_extract_string(events.properties, '$.product_id') AS product_id,
               events.effective_at, weights.weight, false AS is_purchase, CAST(NULL AS TIMESTAMP) AS undone_at
        FROM events
        INNER JOIN (VALUES {weights}) AS weights (event, weight) ON events.event = weights.event
        WHERE events.profile_id IS NOT NULL
    ),
    told AS (
        SELECT event, effective_at, json_extract_string(properties, '$.order_id') AS order_id,
               json_extract_string(properties, '$.products[*].product_id') AS products
        FROM events
        WHERE event IN ('Order Completed', 'Order Refunded', 'Order Cancelled')
    ),
    completed AS (
        SELECT order_id, min(effective_at) AS effective_at
        FROM told WHERE event = 'Order Completed' GROUP BY order_id
    ),
    undone AS (
        SELECT order_id, min(effective_at) AS undone_at
        FROM told WHERE event = 'Order Cancelled' OR (event = 'Order Refunded' AND len(products) = 0)
        GROUP BY order_id
    ),
    returned AS (
        SELECT order_id, product_id, min(effective_at) AS returned_at
        FROM (SELECT order_id, effective_at, unnest(products) AS product_id FROM told WHERE event = 'Order Refunded')
        GROUP BY order_id, product_id
    ),
    bought AS (
        SELECT lines.profile_id, lines.product_id, completed.effective_at, 1.0 AS weight, true AS is_purchase,
               least(undone.undone_at, returned.returned_at) AS undone_at
        FROM order_lines AS lines
        INNER JOIN completed ON lines.order_id = completed.order_id
        LEFT JOIN undone ON lines.order_id = undone.order_id
        LEFT JOIN returned ON lines.order_id = returned.order_id AND lines.product_id = returned.product_id
        WHERE lines.quantity > 0
    ),
    acts AS (FROM viewed UNION ALL FROM bought)
    SELECT people.person, shelf.product, epoch_us(acts.effective_at) AS moment, acts.weight, acts.is_purchase,
           coalesce(epoch_us(acts.undone_at), {never}) AS undone
    FROM acts
    INNER JOIN people ON acts.profile_id = people.profile_id
    INNER JOIN shelf ON acts.product_id = shelf.product_id
    WHERE acts.effective_at < $as_of
    ORDER BY ALL
"""


@dataclass(frozen=True)
class Shop:
    """A run's people (p ids and where they live), products and acts, up to `cutoff` (µs)."""

    people: np.ndarray
    places: np.ndarray
    catalogue: Catalogue
    interactions: Interactions
    cutoff: int

    def place_codes(self) -> np.ndarray:
        """Where each person lives as a code, −1 where nobody knows."""
        import numpy as np

        known = np.unique(self.places[self.places != ""])
        return np.where(self.places != "", np.searchsorted(known, self.places), -1)


def read_shop(settings: Settings, run: Run, until: datetime) -> Shop:
    """Everything that had taken effect before `until`, the run's as_of or earlier."""
    with Warehouse(settings) as warehouse:
        warehouse.attach_snapshot(run.snapshot)
        warehouse.connection.execute(_PEOPLE)
        warehouse.connection.execute(_SHELF.format(availability=_availability(warehouse)))
        people = warehouse.arrow("SELECT * FROM people ORDER BY person")
        shelf = warehouse.arrow("SELECT * FROM shelf ORDER BY product")
        weights = ", ".join(f"({literal(event)}, {weight})" for event, weight in VIEWS.items())
        moment = to_utc_naive(until)
        acts = warehouse.arrow(_ACTS.format(weights=weights, never=NEVER), {"as_of": moment})
    labels = {
        name: shelf[name].to_numpy(zero_copy_only=False).astype(str)
        for name in ("product_id", "name", "category")
    }
    catalogue = catalogue_of(
        labels["product_id"],
        names=labels["name"],
        category=labels["category"],
        is_available=shelf["is_available"].to_numpy(zero_copy_only=False),
    )
    return Shop(
        people["profile_id"].to_numpy(zero_copy_only=False),
        people["place"].to_numpy(zero_copy_only=False).astype(str),
        catalogue,
        _interactions(acts, len(people), len(shelf)),
        _microseconds(moment),
    )


def _availability(warehouse: Warehouse) -> str:
    """Products whose availability nobody told can be had."""
    columns = {row["column_name"] for row in warehouse.rows("DESCRIBE products")}
    if "availability" not in columns:
        return "true"
    told = "regexp_replace(lower(availability), '[^a-z]', '', 'g')"
    return f"NOT coalesce(regexp_matches({told}, '({'|'.join(GONE)})$'), false)"


def _interactions(acts: Any, people: int, products: int) -> Interactions:
    columns = {name: acts[name].to_numpy(zero_copy_only=False) for name in acts.column_names}
    return interactions_of(
        columns["person"],
        columns["product"],
        columns["moment"],
        weight=columns["weight"],
        is_purchase=columns["is_purchase"],
        undone_at=columns["undone"],
        person_count=people,
        product_count=products,
    )


def instant_of(microseconds: int) -> datetime:
    """The instant of a cut-off."""
    return datetime.fromtimestamp(microseconds / 1e6, UTC)


def _microseconds(moment: Any) -> int:
    import numpy as np

    return int(np.datetime64(moment, "us").astype(np.int64))
