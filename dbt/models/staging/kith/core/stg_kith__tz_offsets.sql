-- One row per time zone and stretch of time of one offset: from_at ≤ instant < to_at in UTC, local_from_at ≤ time < local_to_at on the zone's clocks.
{{ tz_offset_rows(lake_table(source('lake', 'tz_offsets'))) }}
