"""The behaviour store: what people did, kept by event as raw columns in time order, so that no run reads it anew.

A row has its moment, the code of a person, and a code for each property that some definition looks at. A person is a
pair of identifiers as events bear it, never a profile: who is who is joined from each snapshot, so a merge
rewrites nothing. It is a cache below KITH_HOME that says what it holds: a run appends what took effect since, an
event whose rows in the snapshot are no longer those that it holds is read anew, and it may be thrown away at
any time.
"""
