import numpy as np
import pytest

from ml.lifetime.summary import summary_of


def simulated(process, truth, count, seed, weeks=60.0):
    """Customers of a process told as a story: purchase by purchase, until they leave or time is up."""
    chance = np.random.default_rng(seed)
    r, alpha, third, fourth = truth
    rate = chance.gamma(r, 1 / alpha, count)
    age = chance.uniform(weeks / 3, weeks, count).round()
    if process == "bg_nbd":
        leaving, until = chance.beta(third, fourth, count), np.full(count, np.inf)
    else:
        leaving = np.zeros(count)
        until = chance.exponential(1 / chance.gamma(third, 1 / fourth, count).clip(1e-12))
    repeats, last_at, now = np.zeros(count), np.zeros(count), np.zeros(count)
    there = np.arange(count)
    while len(there):
        now[there] += chance.exponential(1 / rate[there].clip(1e-12))
        there = there[now[there] < np.minimum(age, until)[there]]
        repeats[there] += 1
        last_at[there] = now[there]
        there = there[chance.random(len(there)) >= leaving[there]]
    return repeats, last_at, age


@pytest.fixture(scope="session")
def population():
    """A summary of simulated customers with Gamma-Gamma amounts, for a process and its parameters."""

    def made(process, truth, count=4_000, seed=1, amounts=(6.0, 4.0, 15.0)):
        repeats, last_at, age = simulated(process, truth, count, seed)
        p, q, gamma = amounts
        chance = np.random.default_rng(seed + 1)
        inverse = chance.gamma(q, 1 / gamma, count)
        total = chance.gamma(np.maximum(p * repeats, 1e-9)) / inverse
        spend = np.where(repeats > 0, total / np.maximum(repeats, 1), 0)
        return summary_of(repeats, last_at, age, spend)

    return made
