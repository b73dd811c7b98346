{#- What a user agent says of itself, in lower case. Patterns are ours; order matters where one text holds several words. -#}

{#- A user agent that names itself a machine: crawlers, link previews, libraries, monitors, scanners. Mail proxies that fetch for a
    reader are no machines by name: when they fetch decides (see machines.sql). Cubot is a maker of phones. -#}
{% macro is_bot_agent(user_agent) -%}
    coalesce(
        {{ matches(
            'replace(lower(' ~ user_agent ~ "), 'cubot', '')",
            'bots?([^a-z]|$)|bot[0-9_-]|crawl|spider|slurp|archiv|mediapartners|headless|phantomjs|selenium|puppeteer|playwright'
            ~ '|python-|python/|aiohttp|httpx/|scrapy|curl/|wget|libwww|go-http-client|(^|[^a-z])java/1|httpclient|axios/|node-fetch|guzzle|(^|[^a-z])ruby/|https?://|ptst|gomez|masscan'
            ~ '|lighthouse|page ?speed|gtmetrix|pingdom|uptime|monitor|statuscake|checker|validator|(^|[^a-z])preview|linkpreview|embedly|facebookexternalhit'
            ~ '|facebookcatalog|^whatsapp/[0-9.]+( [a-z])?$|slack-imgproxy|skypeuripreview|fetcher|feed(burner|fetch|ly|parser)|scanner|barracuda|mimecast|proofpoint'
            ~ '|safelinks|okhttp-monitor|google-(read|inspection|safety|adwords|structured|web-)|appengine|bingpreview|ia_archiver|heritrix|nutch|yandex(images|video|media|blogs|direct|metrika)|daum(oa)?/|searchmonkey|sitecheck|site24x7|seo'
        ) }},
        false
    )
{%- endmacro %}

{#- A proxy that fetches images for a reader, at once or when the reader looks. -#}
{% macro is_mail_proxy(user_agent) -%}
    coalesce({{ matches('lower(' ~ user_agent ~ ')', '(image|mail) ?(proxy|cache)|imgproxy|via ggpht') }}, false)
{%- endmacro %}

{#- A proxy that fetches everything to hide when somebody reads: Apple's mail privacy shows a bare Mozilla/5.0. -#}
{% macro is_privacy_proxy(user_agent) -%}
    coalesce({{ matches('trim(lower(' ~ user_agent ~ '))', '^mozilla/5[.]0$|privacy ?proxy') }}, false)
{%- endmacro %}

{#- bot, tv, tablet, mobile, desktop, or null where nothing tells. -#}
{% macro device_of(user_agent) -%}
    {%- set agent = 'lower(' ~ user_agent ~ ')' -%}
    case
        when {{ is_bot_agent(user_agent) }} then 'bot'
        when {{ matches(
            agent,
            'smart-?_?tv|apple ?tv|google ?tv|android ?tv|hbbtv|netcast|web0s|netrange|viera|bravia|aquos|roku|crkey|chromecast|(^|[^a-z])aft[a-z]{1,4}( |;|[)])'
            ~ '|dlnadoc|playstation|xbox|nintendo (wii|switch|3ds)|opera tv|philipstv|(^|[^a-z])tv([^a-z]|$)|tizen.*(^|[^a-z])tv|maple|large screen'
        ) }} then 'tv'
        when {{ matches(
            agent,
            'ipad|tablet|kindle|silk/|playbook|nexus ?(7|9|10)([^0-9]|$)|sm-[tx][0-9]|gt-p[0-9]|xoom|transformer|mediapad|pixel c([^a-z]|$)'
            ~ '|touchpad|lenovo ?tab|(^|[^a-z])(tab|pad)[ _-]?[0-9a-z]*( build|;|[)])|(^|[^a-z])kf[a-z]{2,5}( build|;|[)])'
        ) }} then 'tablet'
        when {{ matches(
            agent,
            'mobi|iphone|ipod|blackberry|bb10|windows (phone|ce)|symb(ian|os)|series ?[46]0|nokia|midp|opera mini|kaios|(^|[^a-z])palm|webos|bada'
            ~ '|up[.]browser|ucweb|watch ?os|apple ?watch|wear ?os|(^|[^a-z])ios([^a-z]|$)|cfnetwork|sonyericsson|docomo|brew|obigo|j2me|alcatel|dalvik|android'
            ~ '|(^|[^a-z])(samsung|lge?|htc|asus|amoi|bird|pantech|haier|acer|sharp|kyocera|sagem|sanyo|zte|huawei|tcl|motorola|mot|sie|dopod|benq)[-_./]'
        ) }} then 'mobile'
        when {{ matches(agent, 'windows|macintosh|mac ?os|darwin|linux|x11|(^|[^a-z])cros([^a-z]|$)|bsd|sunos|win(9|nt)|amiga|beos|haiku') }} then 'desktop'
    end
{%- endmacro %}

{#- What a client itself calls its device, in the same words; null where it says nothing of the kind. -#}
{% macro device_told(device_type) -%}
    case
        when lower({{ device_type }}) in ('desktop', 'tablet', 'mobile', 'tv') then lower({{ device_type }})
        when lower({{ device_type }}) in ('phone', 'smartphone', 'watch', 'wearable', 'ios', 'android') then 'mobile'
        when lower({{ device_type }}) in ('smarttv', 'console') then 'tv'
    end
{%- endmacro %}

{#- The operating system's family; null where nothing tells. -#}
{% macro os_of(user_agent) -%}
    {%- set agent = 'lower(' ~ user_agent ~ ')' -%}
    case
        when {{ matches(agent, 'windows (phone|mobile|ce)|iemobile|windows phone os') }} then 'Windows Phone'
        when {{ matches(agent, 'watch ?os') }} then 'watchOS'
        when {{ matches(agent, 'apple ?tv|tvos') }} then 'tvOS'
        when {{ matches(agent, 'tizen') }} then 'Tizen'
        when {{ matches(agent, 'kaios') }} then 'KaiOS'
        when {{ matches(agent, 'web0s|webos|hpwos') }} then 'webOS'
        when {{ matches(agent, 'iphone|ipad|ipod|(^|[^a-z])ios([^a-z]|$)|cfnetwork.*darwin') }} then 'iOS'
        when {{ matches(agent, 'android|(^|[^a-z])adr |silk/') }} then 'Android'
        when {{ matches(agent, 'windows|win(9|nt|32|64)') }} then 'Windows'
        when {{ matches(agent, 'macintosh|mac ?os|macos|(^|[^a-z])mac_power') }} then 'macOS'
        when {{ matches(agent, '(^|[^a-z])cros([^a-z]|$)|chromeos|chrome os') }} then 'ChromeOS'
        when {{ matches(agent, 'blackberry|bb10|playbook|rim tablet') }} then 'BlackBerry'
        when {{ matches(agent, 'symb(ian|os)|series ?[46]0') }} then 'Symbian'
        when {{ matches(agent, 'linux|ubuntu|fedora|debian|x11') }} then 'Linux'
    end
{%- endmacro %}

{#- The browser's family; `app` for an app that speaks for itself, null where nothing tells. -#}
{% macro browser_of(user_agent) -%}
    {%- set agent = 'lower(' ~ user_agent ~ ')' -%}
    {%- set families = [
        ('Edge', 'edg(e|a|ios)?/'), ('Opera', 'opr/|opera|opios|opt/'), ('Samsung Internet', 'samsungbrowser'), ('Yandex Browser', 'yabrowser'),
        ('UC Browser', 'ucbrowser|ucweb|uc browser'), ('Vivaldi', 'vivaldi'), ('Brave', 'brave/'), ('DuckDuckGo', 'duckduckgo|ddg/'), ('Whale', 'whale/'),
        ('QQ Browser', 'qqbrowser'), ('MIUI Browser', 'miuibrowser'), ('Silk', 'silk/|silk-'), ('Facebook', 'fban|fbav|fb_iab'), ('Instagram', 'instagram'),
        ('Snapchat', 'snapchat'), ('Pinterest', 'pinterest'), ('Line', '(^|[^a-z])line/'), ('WeChat', 'micromessenger'), ('Firefox', 'firefox|fxios|focus/|minefield'),
        ('Chromium', 'chromium'), ('Chrome', 'chrome/|crios|crmo'), ('Internet Explorer', 'msie|trident/|iemobile'),
        ('BlackBerry', 'blackberry|bb10'), ('Android Browser', 'android.*version/.*safari'), ('Safari', '(macintosh|mac os|iphone|ipad|ipod|windows).*safari'), ('Konqueror', 'konqueror'),
    ] -%}
    case
        {%- for family, pattern in families %}
        when {{ matches(agent, pattern) }} then '{{ family }}'
        {%- endfor %}
        when {{ matches(agent, '^[a-z0-9 ._-]+/[0-9.]+ [(](ios|android|iphone|ipad)') }} then 'app'
    end
{%- endmacro %}
