"""Signing in: a gate before every page and socket, and a form of our own.

The gate stands in front of Streamlit, so that nothing of a page, a table or a download leaves before it is known who
asks. As long as nobody has an account there is no gate: `kith accounts add` closes it.
"""
