-- One row per profile and model: its score of the model's latest scoring; who was not scored then has none. A row without
-- a score withdraws those of before.
with

latest as (
    select
        model,
        max(as_of) as as_of
    from {{ ref('stg_kith__scores') }}
    group by model
)

select
    scores.profile_id,
    scores.model,
    scores.score,
    scores.model_version,
    scores.scored_at,
    scores.reasons
from {{ ref('stg_kith__scores') }} as scores
inner join latest
    on
        scores.model = latest.model
        and scores.as_of = latest.as_of
where scores.score is not null
