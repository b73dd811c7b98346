-- One row per id that a profile may once have had: each identifier's hash was its profile's while it was the earliest one known.
select
    md5(identifier_type || chr(31) || identifier_value) as alias_id,
    profile_id,
    joined_at as since_at
from {{ ref('stg_kith__identifiers') }}
where md5(identifier_type || chr(31) || identifier_value) <> profile_id
