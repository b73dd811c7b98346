"""Which vendor carries a message, when, and where it goes if that vendor does not. Pure: time and answers are
arguments; delivery keeps what was learned."""
