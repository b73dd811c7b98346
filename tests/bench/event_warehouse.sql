-- The event models as a person would write them in one script for DuckDB: the same tables from the same lake, each read once where
-- that is possible, and windows over those rows alone that need one.
CREATE TEMP VIEW lake AS
SELECT *, split_part(filename, '/', -3) AS commit_name
FROM read_parquet('{lake}/events/*/*/*.parquet', filename = true, hive_partitioning = false)
WHERE effective_at < TIMESTAMP '{as_of}';

CREATE TABLE identities AS
SELECT identifier_type, identifier_value, profile_id
FROM read_parquet('{lake}/identity/*/identifiers.parquet', filename = true)
WHERE filename = (SELECT max(file) FROM glob('{lake}/identity/*/identifiers.parquet'));

CREATE TEMP TABLE repeated AS SELECT hash(event_id) AS event_key FROM lake GROUP BY 1 HAVING count(*) > 1;

CREATE TABLE int_events__deduplicated AS
WITH named AS (
    SELECT * EXCLUDE (filename) REPLACE (
        nullif(trim(anonymous_id), '') AS anonymous_id, nullif(trim(user_id), '') AS user_id)
    FROM lake
)
SELECT * FROM named WHERE hash(event_id) NOT IN (SELECT event_key FROM repeated)
UNION ALL
SELECT * FROM named WHERE hash(event_id) IN (SELECT event_key FROM repeated)
QUALIFY row_number() OVER (
    PARTITION BY event_id
    ORDER BY received_at, commit_name, batch_id, occurred_at, effective_at, properties, traits, context) = 1;

CREATE TABLE int_order_events__extracted AS
SELECT event_id, event, coalesce(nullif(trim(properties->>'$.order_id'), ''), event_id) AS order_id,
    user_id, anonymous_id, occurred_at, effective_at, source,
    nullif(upper(trim(properties->>'$.currency')), '') AS currency,
    TRY_CAST(properties->>'$.subtotal' AS DECIMAL(18, 4)) AS subtotal_amount,
    TRY_CAST(properties->>'$.revenue' AS DECIMAL(18, 4)) AS revenue_amount,
    TRY_CAST(properties->>'$.total' AS DECIMAL(18, 4)) AS total_amount,
    TRY_CAST(properties->>'$.discount' AS DECIMAL(18, 4)) AS discount_amount,
    (properties->'$.products')::VARCHAR AS products
FROM int_events__deduplicated
WHERE event IN ('Order Completed', 'Order Updated', 'Order Refunded', 'Order Cancelled');

CREATE TABLE int_order_events__chosen AS
SELECT *, coalesce(subtotal_amount, revenue_amount, total_amount) AS stated_amount
FROM int_order_events__extracted
QUALIFY row_number() OVER (
    PARTITION BY order_id
    ORDER BY event != 'Order Completed', CASE WHEN event = 'Order Completed' THEN effective_at END,
        effective_at DESC, event_id) = 1;

CREATE TABLE int_order_lines__unnested AS
SELECT order_id, line_number, coalesce(line.product_id, line.sku) AS product_id, line.name AS product_name,
    line.category, coalesce(TRY_CAST(line.quantity AS DECIMAL(18, 4)), 1) AS quantity,
    coalesce(TRY_CAST(line.price AS DECIMAL(18, 4)), 0) AS unit_price,
    (coalesce(TRY_CAST(line.quantity AS DECIMAL(18, 4)), 1)
     * coalesce(TRY_CAST(line.price AS DECIMAL(18, 4)), 0))::DECIMAL(18, 4) AS line_amount, currency
FROM (
    SELECT order_id, currency, unnest(lines) AS line, generate_subscripts(lines, 1) AS line_number
    FROM (
        SELECT order_id, currency, from_json(products, '[{"product_id":"VARCHAR","sku":"VARCHAR","name":"VARCHAR",'
            || '"category":"VARCHAR","price":"VARCHAR","quantity":"VARCHAR"}]') AS lines
        FROM int_order_events__chosen));

CREATE TABLE int_refunds__valued AS
WITH line_sums AS (
    SELECT event_id, abs(sum((coalesce(TRY_CAST(line.quantity AS DECIMAL(18, 4)), 1)
                              * TRY_CAST(line.price AS DECIMAL(18, 4)))::DECIMAL(18, 4))) AS line_amount
    FROM (
        SELECT event_id, unnest(from_json(products, '[{"price":"VARCHAR","quantity":"VARCHAR"}]')) AS line
        FROM int_order_events__extracted WHERE event = 'Order Refunded')
    GROUP BY event_id
)
SELECT refunds.event_id, refunds.order_id, refunds.currency, refunds.effective_at,
    coalesce(abs(coalesce(total_amount, revenue_amount, subtotal_amount)), line_amount)::DECIMAL(18, 4) AS refund_amount
FROM int_order_events__extracted AS refunds
LEFT JOIN line_sums USING (event_id)
WHERE event = 'Order Refunded';

CREATE TABLE int_orders__folded AS
WITH changes AS (
    SELECT order_id, max(user_id) AS user_id, max(anonymous_id) AS anonymous_id, max(currency) AS currency,
        bool_or(event = 'Order Cancelled') AS is_cancelled,
        min(effective_at) FILTER (WHERE event = 'Order Cancelled') AS cancelled_effective_at
    FROM int_order_events__extracted GROUP BY order_id
), line_sums AS (
    SELECT order_id, count(*) AS line_count, sum(line_amount) AS line_amount FROM int_order_lines__unnested GROUP BY order_id
), known AS (
    SELECT chosen.order_id, coalesce(chosen.user_id, changes.user_id) AS user_id,
        coalesce(chosen.anonymous_id, changes.anonymous_id) AS anonymous_id, occurred_at AS ordered_at, is_cancelled,
        event = 'Order Completed' AS has_completion,
        coalesce(line_sums.line_amount, stated_amount, 0)::DECIMAL(18, 4) AS order_amount,
        coalesce(discount_amount, 0) AS discount_amount, coalesce(chosen.currency, changes.currency) AS currency,
        coalesce(line_count, 0) AS line_count, source, effective_at, cancelled_effective_at
    FROM int_order_events__chosen AS chosen
    JOIN changes USING (order_id)
    LEFT JOIN line_sums USING (order_id)
), refunds AS (
    SELECT order_id, sum(refund_amount) FILTER (WHERE coalesce(refunds.currency = known.currency, true)) AS refund_amount,
        bool_or(refund_amount IS NULL) AS is_whole,
        count(*) FILTER (WHERE refunds.currency != known.currency AND refund_amount IS NOT NULL) AS foreign_refund_count
    FROM known JOIN int_refunds__valued AS refunds USING (order_id) GROUP BY order_id
), refunded AS (
    SELECT known.*, coalesce(foreign_refund_count, 0) AS foreign_refund_count,
        greatest(coalesce(refund_amount, 0), CASE WHEN is_whole THEN order_amount ELSE 0 END)::DECIMAL(18, 4)
            AS refunded_amount
    FROM known LEFT JOIN refunds USING (order_id)
)
SELECT *,
    CASE WHEN is_cancelled AND (has_completion OR order_amount > 0) THEN order_amount - refunded_amount ELSE 0
    END::DECIMAL(18, 4) AS cancelled_amount,
    (order_amount - refunded_amount - cancelled_amount)::DECIMAL(18, 4) AS net_amount,
    CASE WHEN is_cancelled THEN 'cancelled'
         WHEN refunded_amount > 0 AND refunded_amount >= order_amount THEN 'refunded'
         WHEN refunded_amount > 0 THEN 'partially_refunded' ELSE 'completed' END AS status
FROM refunded;

CREATE TABLE int_sessions__stitched AS
WITH visits AS (
    SELECT coalesce(anonymous_id, user_id) AS visitor_id, anonymous_id, user_id, occurred_at, event_id, context,
        (type IN ('page', 'screen'))::INT AS page,
        (type NOT IN ('page', 'screen') AND coalesce(event, '') NOT IN ('Product Viewed', 'Product List Viewed'))::INT AS deed
    FROM int_events__deduplicated
    WHERE type IN ('page', 'screen', 'track')
        AND NOT (coalesce(event, '') LIKE 'Message %' OR coalesce(event, '') LIKE 'Email %'
                 OR coalesce(event, '') LIKE 'SMS %' OR coalesce(event, '') LIKE 'Push Notification %'
                 OR coalesce(event, '') IN ('Consent Updated', 'Unsubscribed', 'Experiment Viewed', 'Order Updated',
                                            'Order Refunded', 'Order Cancelled'))
        AND (anonymous_id IS NOT NULL OR coalesce(event, '') != 'Order Completed')
        AND coalesce(anonymous_id, '') NOT LIKE 'order:%'
        AND coalesce(anonymous_id, user_id) IS NOT NULL
), gapped AS (
    SELECT * EXCLUDE (event_id, context),
        epoch_us(occurred_at) - lag(epoch_us(occurred_at)) OVER (PARTITION BY visitor_id ORDER BY occurred_at) AS gap
    FROM visits
), numbered AS (
    SELECT *, CASE WHEN gap <= 1800000000 THEN gap // 1000 END AS pause_ms,
        sum(CASE WHEN gap <= 1800000000 THEN 0 ELSE 1 END)
            OVER (PARTITION BY visitor_id ORDER BY occurred_at ROWS UNBOUNDED PRECEDING) AS session_number
    FROM gapped
), sessions AS (
    SELECT visitor_id, max(anonymous_id) AS anonymous_id, max(user_id) AS user_id, min(occurred_at) AS started_at,
        max(occurred_at) AS ended_at, count(*) AS event_count, sum(page)::BIGINT AS page_count,
        sum(deed)::BIGINT AS deed_count, coalesce(sum(pause_ms), 0)::BIGINT AS pause_ms,
        coalesce(sum(pause_ms * pause_ms), 0)::BIGINT AS pause_square_ms
    FROM numbered GROUP BY visitor_id, session_number
), first_events AS (
    SELECT sessions.*, visits.context
    FROM sessions
    JOIN visits ON sessions.visitor_id = visits.visitor_id AND sessions.started_at = visits.occurred_at
    QUALIFY row_number() OVER (PARTITION BY sessions.visitor_id, sessions.started_at ORDER BY visits.event_id) = 1
)
SELECT * EXCLUDE (context), md5(visitor_id || chr(31) || epoch_us(started_at)::VARCHAR) AS session_id,
    context->>'$.userAgent' AS user_agent, context->>'$.device.type' AS device_type,
    context->>'$.campaign.source' AS campaign_source, context->>'$.campaign.medium' AS campaign_medium,
    context->>'$.campaign.name' AS campaign_name, context->>'$.page.referrer' AS referrer,
    context->>'$.page.url' AS landing_url
FROM first_events;

CREATE TABLE int_people__counted AS
SELECT user_id, anonymous_id, min(occurred_at) AS first_seen_at,
    max(occurred_at) FILTER (WHERE NOT (coalesce(event, '') LIKE 'Message %' OR coalesce(event, '') IN (
        'Experiment Viewed', 'Email Delivered', 'Email Bounced', 'SMS Delivered', 'Push Notification Received',
        'Push Notification Bounced'))) AS last_acted_at,
    max(occurred_at) AS last_seen_at, min(effective_at) AS first_effective_at, count(*) AS event_count
FROM int_events__deduplicated
WHERE user_id IS NOT NULL OR anonymous_id IS NOT NULL
GROUP BY user_id, anonymous_id;

CREATE TABLE orders AS
SELECT orders.*, coalesce(by_user.profile_id, by_device.profile_id) AS profile_id
FROM int_orders__folded AS orders
LEFT JOIN identities AS by_user ON by_user.identifier_type = 'user_id' AND orders.user_id = by_user.identifier_value
LEFT JOIN identities AS by_device
    ON by_device.identifier_type = 'anonymous_id' AND orders.anonymous_id = by_device.identifier_value;

CREATE TABLE order_lines AS
SELECT lines.* EXCLUDE (currency) REPLACE (quantity::DOUBLE AS quantity), orders.profile_id, orders.user_id,
    orders.currency, orders.is_cancelled, orders.ordered_at
FROM int_order_lines__unnested AS lines JOIN orders USING (order_id);

CREATE TABLE products AS
WITH pages AS (
    SELECT properties, min(occurred_at) AS first_seen_at, max(occurred_at) AS last_seen_at
    FROM int_events__deduplicated
    WHERE event IN ('Product Viewed', 'Product Clicked', 'Product Added') AND properties IS NOT NULL
    GROUP BY properties
), mentions AS (
    SELECT properties->>'$.product_id' AS product_id, properties->>'$.name' AS name, properties->>'$.category' AS category,
        TRY_CAST(properties->>'$.price' AS DECIMAL(18, 4)) AS price, upper(properties->>'$.currency') AS currency,
        properties->>'$.url' AS url, properties->>'$.image_url' AS image_url,
        properties->>'$.availability' AS availability, first_seen_at, last_seen_at,
        (epoch_us(last_seen_at), properties) AS order_key, NULL AS order_id
    FROM pages
    UNION ALL
    SELECT product_id, product_name, category, unit_price, lines.currency, NULL, NULL, NULL, ordered_at, ordered_at,
        (epoch_us(ordered_at), order_id || ':' || lpad(line_number::VARCHAR, 10, '0')),
        CASE WHEN NOT is_cancelled THEN order_id END
    FROM int_order_lines__unnested AS lines JOIN int_orders__folded USING (order_id)
)
SELECT product_id, arg_max(name, order_key) AS name, arg_max(category, order_key) AS category,
    arg_max(price, order_key) AS price, arg_max(currency, order_key) AS currency, arg_max(url, order_key) AS url,
    arg_max(image_url, order_key) AS image_url, arg_max(availability, order_key) AS availability,
    min(first_seen_at) AS first_seen_at, max(last_seen_at) AS last_seen_at,
    count(DISTINCT order_id) AS order_count
FROM mentions WHERE product_id IS NOT NULL GROUP BY product_id;

CREATE TABLE events_daily AS
SELECT occurred_at::DATE AS occurred_on, coalesce(source, '') AS source, type, coalesce(event, '') AS event,
    count(*) AS event_count, count(DISTINCT coalesce(by_user.profile_id, by_device.profile_id)) AS profile_count
FROM int_events__deduplicated AS events
LEFT JOIN identities AS by_user ON by_user.identifier_type = 'user_id' AND events.user_id = by_user.identifier_value
LEFT JOIN identities AS by_device
    ON by_device.identifier_type = 'anonymous_id' AND events.anonymous_id = by_device.identifier_value
GROUP BY ALL;
