"""Which events a person makes in a visit."""

from __future__ import annotations

#: What a person does in a visit: not what we or a channel did, nor what a server reports. As dbt's `is_visit_event`.
VISIT_EVENT = """
    type IN ('page', 'screen', 'track')
    AND NOT (
        (coalesce(event, '') LIKE 'Message %'
            AND coalesce(event, '') NOT IN ('Message Opened', 'Message Link Clicked', 'Message Replied'))
        OR coalesce(event, '') LIKE 'Email %' OR coalesce(event, '') LIKE 'SMS %'
        OR coalesce(event, '') LIKE 'Push Notification %' OR coalesce(event, '') LIKE 'Identity %'
        OR coalesce(event, '') IN ('Consent Updated', 'Unsubscribed', 'Experiment Viewed', 'Order Updated',
            'Order Refunded', 'Order Cancelled')
    )
    AND (anonymous_id IS NOT NULL OR coalesce(event, '') <> 'Order Completed')
    AND coalesce(anonymous_id, '') NOT LIKE 'order:%'"""
