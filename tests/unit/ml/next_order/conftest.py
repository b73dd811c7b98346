import numpy as np
import pytest

from ml.lifetime.purchases import purchases_of


@pytest.fixture(scope="session")
def shop():
    """700 customers over 300 days with a pace and an end of their own; half of them buy like clockwork."""
    chance = np.random.default_rng(5)
    lines = []
    for who in range(700):
        day, end = float(chance.integers(0, 200)), 0.0
        gap, end = chance.uniform(8, 60), day + chance.exponential(250)
        while day < min(end, 300):
            lines.append((f"c{who:03d}", int(day), float(chance.gamma(5) * 6)))
            day += gap * (chance.uniform(0.9, 1.1) if who % 2 else chance.exponential())
    return purchases_of(*zip(*lines, strict=True))
