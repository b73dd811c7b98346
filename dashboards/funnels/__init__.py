"""A funnel evaluated at once over the published events: the same rules as the warehouse's (docs/analytics.md), for one
funnel that somebody draws up on a page."""
