"""Dashboards that people make themselves: a page of figures, charts and words in one small YAML file each.

What such a file may hold is said by `dashboards.board`, what is wrong with one by `dashboards.board_linting`.
`files` reads and writes them, `view` draws them, `editor` changes them, `export` lets them be taken away.
"""
