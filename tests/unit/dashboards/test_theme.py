"""The theme can be read by everybody: contrast as WCAG 2.2 reckons it, colours told apart by colour-blind readers."""

from __future__ import annotations

import tomllib
from itertools import combinations
from typing import Any

import pytest

from dashboards.charts import PALETTE
from dashboards.frame.style import ON_ACCENT
from kith.settings import PROJECT

THEME: dict[str, Any] = tomllib.loads((PROJECT / "dashboards" / ".streamlit" / "config.toml").read_text())[
    "theme"
]
READ = (
    "textColor",
    "linkColor",
    "primaryColor",
    "greenColor",
    "orangeColor",
    "redColor",
    "blueColor",
    "grayColor",
)
#: Full dichromacy, linear RGB (Viénot, Brettel and Mollon 1999; tritanopia by Brettel, Viénot and Mollon 1997).
BLINDNESS = {
    "none": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.11238, 0.88762, 0), (0.11238, 0.88762, 0), (0.00401, -0.00401, 1)),
    "deuteranopia": ((0.29275, 0.70725, 0), (0.29275, 0.70725, 0), (-0.02234, 0.02234, 1)),
}


def linear(color: str) -> tuple[float, ...]:
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    return tuple(each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts)


def luminance(color: str) -> float:
    red, green, blue = linear(color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def laid_over(color: str, ground: str, strength: float) -> str:
    parts = (
        strength * int(color[at : at + 2], 16) + (1 - strength) * int(ground[at : at + 2], 16)
        for at in (1, 3, 5)
    )
    return "#" + "".join(f"{round(part):02X}" for part in parts)


def seen(color: str, blindness: str) -> tuple[float, ...]:
    """CIELAB of a colour as somebody sees it."""
    rgb = linear(color)
    red, green, blue = (
        min(max(sum(part * each for part, each in zip(row, rgb, strict=True)), 0.0), 1.0)
        for row in BLINDNESS[blindness]
    )
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089
    fx, fy, fz = (each ** (1 / 3) if each > 0.008856 else 7.787 * each + 16 / 116 for each in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def distance(one: str, other: str, blindness: str) -> float:
    pairs = zip(seen(one, blindness), seen(other, blindness), strict=True)
    return sum((a - b) ** 2 for a, b in pairs) ** 0.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", READ)
def test_theme__text_stands_out_from_every_ground(scheme: str, name: str) -> None:
    colors = THEME[scheme]
    grounds = [
        colors["backgroundColor"],
        colors["secondaryBackgroundColor"],
        colors["sidebar"]["backgroundColor"],
    ]
    assert min(contrast(colors[name], ground) for ground in grounds) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_theme__a_caption_stands_out_too(scheme: str) -> None:
    """Streamlit draws captions with six tenths of the text's strength."""
    colors = THEME[scheme]
    for ground in (colors["backgroundColor"], colors["sidebar"]["backgroundColor"]):
        assert contrast(laid_over(colors["textColor"], ground, 0.6), ground) >= 4.5


@pytest.mark.parametrize(("scheme", "text"), zip(["light", "dark"], ON_ACCENT, strict=True))
def test_theme__text_on_the_accent_can_be_read(scheme: str, text: str) -> None:
    assert contrast(text, THEME[scheme]["primaryColor"]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_theme__a_chart_stands_out_from_its_ground(scheme: str) -> None:
    ground = THEME[scheme]["backgroundColor"]
    assert min(contrast(color, ground) for color in PALETTE) >= 2.0


@pytest.mark.parametrize("blindness", BLINDNESS)
def test_palette__is_told_apart(blindness: str) -> None:
    near = {(a, b): distance(a, b, blindness) for a, b in combinations(PALETTE, 2)}
    assert min(near.values()) >= 12, sorted(near.items(), key=lambda each: each[1])[:3]


def test_palette__is_the_one_of_the_theme() -> None:
    assert tuple(THEME["chartCategoricalColors"]) == PALETTE
