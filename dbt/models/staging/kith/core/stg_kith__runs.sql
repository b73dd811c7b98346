-- One row: the run that is being built. Nothing with an effective time at or after its as_of is seen.
select
    run_id,
    as_of,
    previous_as_of,
    zone
from {{ current_run() }}
