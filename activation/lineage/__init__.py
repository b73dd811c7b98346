"""Where one message comes from: everything that made it what it was, from the raw events to what the vendor answered.

It reads what other rooms left in the lake, in the snapshot and in delivery's ledger, and decides nothing.
"""
