"""Composing a campaign: a form over its file. The text is the only state; each control changes one place of it."""
