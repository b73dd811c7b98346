"""The tables of syncs in the state database: how far an unfinished run is, and what the last look at a sync found.

A batch is here from the mark before its first push to the end of its run; the lake has the rest.
"""

import sqlalchemy as sa

METADATA = sa.MetaData()

# `part` names the half of a half of a batch that had to be split ('', '0', '01' …). `places`: JSON list of positions
# where not all rows of the batch are meant. `verdicts`: JSON, the answer by place. `state`: sending, waiting, done,
# split.
BATCHES = sa.Table(
    "sync_batches",
    METADATA,
    sa.Column("run_id", sa.String(32), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("part", sa.String(64), primary_key=True),
    sa.Column("state", sa.String(8), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("is_uncertain", sa.Boolean, nullable=False),
    sa.Column("token", sa.Text, nullable=False),
    sa.Column("places", sa.Text, nullable=False),
    sa.Column("verdicts", sa.Text, nullable=False),
)

# One row per sync: `state` is finished, unfinished, held, unchanged or skipped; `detail` a sentence.
LOOKS = sa.Table(
    "sync_looks",
    METADATA,
    sa.Column("sync", sa.String(64), primary_key=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("run_id", sa.String(32), nullable=False),
    sa.Column("counts", sa.Text, nullable=False),
    sa.Column("looked_at", sa.DateTime, nullable=False),
)
