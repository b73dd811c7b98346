-- One row per model, training run and metric.
select
    model,
    model_version,
    mlflow_run_id,
    definition_version,
    trained_at,
    as_of,
    horizon_days,
    train_rows,
    test_rows,
    test_cutoff_at,
    candidate,
    metric,
    metric_value,
    is_champion,
    reason
from {{ ref('stg_kith__model_runs') }}
