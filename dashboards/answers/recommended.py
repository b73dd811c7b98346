"""What is recommended to a person, and beside a product? Figures of the recommendations page."""

from __future__ import annotations

from typing import Any

import pandas as pd

from dashboards.reader import Reader

MOST_PRODUCTS = 500


def figures(reader: Reader) -> dict[str, Any]:
    """`people_count, product_count, list_length, popular_share, recommended_at, model_version`."""
    return reader.row("""
        SELECT
            count(DISTINCT profile_id) AS people_count,
            count(DISTINCT product_id) AS product_count,
            max(rank) AS list_length,
            avg((kind = 'popular')::INTEGER) AS popular_share,
            max(recommended_at) AS recommended_at,
            max(model_version) AS model_version
        FROM recommendations""")


def some_people(reader: Reader, most: int = 30) -> list[str]:
    """Buyers with lists of their own, in an order that says nothing about them."""
    rows = reader.rows(
        """
        SELECT DISTINCT profile_id, md5(profile_id) AS place
        FROM recommendations
        WHERE kind <> 'popular' AND rank = 1
            AND profile_id IN (SELECT profile_id FROM order_lines WHERE NOT is_cancelled)
        ORDER BY place
        LIMIT $most""",
        most=most,
    )
    return [row["profile_id"] for row in rows]


def profile_of(reader: Reader, text: str) -> str | None:
    """The person of a profile id or of any identifier; None for nobody."""
    row = reader.row(
        """
        SELECT profile_id FROM profiles WHERE profile_id = $text
        UNION ALL
        SELECT profile_id FROM identities WHERE identifier_value = $text
        UNION ALL
        SELECT profile_id FROM identities WHERE identifier_value = lower($text)
        LIMIT 1""",
        text=text.strip(),
    )
    return row.get("profile_id")


def for_person(reader: Reader, profile_id: str) -> pd.DataFrame:
    """`rank, product, category, price, currency, score, kind, because, reason, product_id`."""
    return reader.frame(
        """
        SELECT
            recommendations.rank,
            coalesce(products.name, recommendations.product_id) AS product,
            products.category,
            CAST(products.price AS DOUBLE) AS price,
            products.currency,
            recommendations.score,
            recommendations.kind,
            coalesce(causes.name, recommendations.because_product_id) AS because,
            recommendations.reason,
            recommendations.product_id
        FROM recommendations
        LEFT JOIN products ON recommendations.product_id = products.product_id
        LEFT JOIN products AS causes ON recommendations.because_product_id = causes.product_id
        WHERE recommendations.profile_id = $profile
        ORDER BY recommendations.rank""",
        profile=profile_id,
    )


def bought_by(reader: Reader, profile_id: str, most: int = 10) -> pd.DataFrame:
    """`product, category, quantity, ordered_at`: what the person bought last."""
    return reader.frame(
        """
        SELECT
            coalesce(products.name, lines.product_name, lines.product_id) AS product,
            coalesce(products.category, lines.category) AS category,
            lines.quantity,
            lines.ordered_at
        FROM order_lines AS lines
        LEFT JOIN products ON lines.product_id = products.product_id
        WHERE lines.profile_id = $profile AND NOT lines.is_cancelled
        ORDER BY lines.ordered_at DESC, lines.line_number
        LIMIT $most""",
        profile=profile_id,
        most=most,
    )


def known_products(reader: Reader) -> dict[str, str]:
    """Products with neighbours, by id, the most bought first."""
    rows = reader.rows(
        """
        SELECT products.product_id, products.name
        FROM products
        WHERE products.product_id IN (SELECT product_id FROM product_recommendations)
        ORDER BY products.order_count DESC NULLS LAST, products.product_id
        LIMIT $most""",
        most=MOST_PRODUCTS,
    )
    return {row["product_id"]: row["name"] or row["product_id"] for row in rows}


def beside_product(reader: Reader, product_id: str) -> pd.DataFrame:
    """`kind, rank, product, category, price, currency, score`: what is seen and bought beside it."""
    return reader.frame(
        """
        SELECT
            neighbours.kind,
            neighbours.rank,
            coalesce(products.name, neighbours.recommended_product_id) AS product,
            products.category,
            CAST(products.price AS DOUBLE) AS price,
            products.currency,
            neighbours.score
        FROM product_recommendations AS neighbours
        LEFT JOIN products ON neighbours.recommended_product_id = products.product_id
        WHERE neighbours.product_id = $product
        ORDER BY neighbours.kind, neighbours.rank""",
        product=product_id,
    )


def most_recommended(reader: Reader, most: int = 15) -> pd.DataFrame:
    """`product, people_count, first_count`: what lists hold most, and how often it is first in them."""
    return reader.frame(
        """
        SELECT
            coalesce(products.name, recommendations.product_id) AS product,
            count(*) AS people_count,
            count(*) FILTER (WHERE recommendations.rank = 1) AS first_count
        FROM recommendations
        LEFT JOIN products ON recommendations.product_id = products.product_id
        GROUP BY ALL
        ORDER BY people_count DESC, product
        LIMIT $most""",
        most=most,
    )
