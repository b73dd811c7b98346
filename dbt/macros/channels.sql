{#- Where a visit came from: the public default channel rules over source, medium and campaign, and our own list of sites. -#}

{#- Sites by kind. A name stands for itself and for its domain under any country (`google`, `www.google.co.uk`); a host for itself
    and what lies below it. The kinds are tried in this order: mail.google.com is mail before google is a search engine. -#}
{% macro known_sites() -%}
    {{- return({
        'mail': {
            'names': ['gmail', 'hotmail', 'outlook', 'roundcube', 'deref-gmx', 'deref-web', 'deref-mail', 'deref-1und1-[0-9]+', 'fastmail', 'tutanota'],
            'hosts': ['com.google.android.gm', 'mail.live.com', 'proton.me', 'hey.com', 'upcmail.hispeed.ch'],
            'patterns': [
                '(e|w|web|co|my)?mail[0-9a-z-]*[.][a-z0-9.-]+[.][a-z]+', 'mailbusiness[.][a-z0-9-]+[.][a-z.]+', 'rich-v[0-9]+[.]bluewin[.]ch',
                'lightmailer[a-z-]*[.][a-z]+[.][a-z.]+', '3c[a-z-]*[.](web[.]de|mail[.]com|gmx[.]net)', 'messager(ie|iepro)[0-9]*[.]orange[.]fr'
            ],
        },
        'assistant': {
            'names': ['chatgpt', 'openai', 'perplexity', 'deepseek'],
            'hosts': [
                'claude.ai', 'gemini.google.com', 'bard.google.com', 'copilot.microsoft.com', 'poe.com', 'character.ai', 'meta.ai',
                'mistral.ai', 'grok.com', 'phind.com', 'you.com', 'pi.ai'
            ],
        },
        'ads': {
            'names': ['doubleclick', 'googlesyndication', 'googleadservices', 'adsensecustomsearchads', 'adsense', 'adnxs', 'criteo', 'taboola',
                      'outbrain', 'adroll', 'amazon-adsystem', 'tradedoubler', 'awin1'],
            'hosts': ['syndicatedsearch.goog'],
        },
        'marketplace': {
            'names': ['alibaba', 'made-in-china', 'globalsources', 'indiamart'],
            'hosts': ['1688.com'],
        },
        'shopping': {
            'names': [
                'google shopping', 'shopping', 'amazon', 'ebay', 'etsy', 'aliexpress', 'walmart', 'rakuten', 'mercadolibre', 'mercadolivre', 'shopee',
                'lazada', 'flipkart', 'zalando', 'allegro', 'taobao', 'tmall', 'shopify', 'shopzilla', 'bizrate', 'pricegrabber', 'pricerunner',
                'nextag', 'idealo', 'kelkoo', 'ceneo', 'heureka', 'skroutz', 'twenga', 'temu', 'shein', 'pricespy', 'prisjakt', 'geizhals', 'billiger',
                'stylight', 'ladenzeile', 'lyst', 'poshmark', 'depop', 'mercari', 'vinted', 'wayfair', 'newegg', 'igshopping', 'cdiscount', 'bol'
            ],
            'hosts': [
                'shopping.google.com', 'shopping.yahoo.com', 'shopping.yahoo.co.jp', 'shopping.naver.com', 'shop.app', 'jd.com', 'wish.com',
                'become.com', 'otto.de', 'target.com', 'bestbuy.com', 'fnac.com', 'cimri.com', 'akakce.com', 'kakaku.com', 'aboutyou.de'
            ],
        },
        'video': {
            'names': [
                'youtube', 'vimeo', 'dailymotion', 'twitch', 'netflix', 'hulu', 'disneyplus', 'iqiyi', 'youku', 'bilibili', 'nicovideo', 'rumble',
                'wistia', 'vevo', 'crackle', 'veoh', 'metacafe', 'tubitv', 'primevideo', 'hbomax', 'peacocktv', 'crunchyroll', 'utreon', 'viewster'
            ],
            'hosts': ['youtu.be', 'ted.com', 'pluto.tv', 'roku.com', 'max.com', 'vid.me',
                      'tv.apple.com', 'v.qq.com', 'tv.sohu.com'],
        },
        'social': {
            'names': [
                'facebook', 'fb', 'instagram', 'ig', 'twitter', 'linkedin', 'pinterest', 'reddit', 'tumblr', 'tiktok', 'snapchat', 'threads',
                'mastodon', 'bluesky', 'vkontakte', 'odnoklassniki', 'weibo', 'wechat', 'weixin', 'qzone', 'renren', 'douban', 'whatsapp',
                'telegram', 'discord', 'quora', 'disqus', 'stackoverflow', 'stackexchange', 'digg', 'delicious', 'stumbleupon', 'flickr', 'goodreads',
                'meetup', 'yelp', 'tripadvisor', 'xing', 'viadeo', 'myspace', 'livejournal', 'blogspot', 'blogger', 'typepad', 'plurk', 'ning',
                'badoo', 'bebo', 'hi5', 'ameblo', 'hatena', 'cyworld', 'foursquare', 'slideshare', 'scribd', 'deviantart', 'classmates',
                'diigo', 'fark', 'flipboard', 'instapaper', 'hootsuite', 'linktree', 'nextdoor', 'photobucket', 'producthunt', 'ravelry',
                'slashdot', 'taringa', 'tuenti', 'weheartit', 'wattpad', 'yammer', 'zalo', '500px', 'skype', 'messenger', 'social', 'wordpress',
                'skyrock', 'pixnet', 'mixi', 'gab', 'parler', 'clubhouse', 'kakao', 'xanga', 'friendster', 'orkut', 'googleplus', 'google[+]', 'google-plus',
                'tinder', 'imgur', 'dribbble', 'behance', 'soundcloud', 'last', 'librarything', 'couchsurfing', 'geni', 'myheritage', 'trustpilot'
            ],
            'hosts': [
                'x.com', 't.co', 'lnkd.in', 'pin.it', 'redd.it', 'vk.com', 'ok.ru', 'bsky.app', 't.me', 'fb.me', 'm.me', 'line.me', 'wa.me',
                'news.ycombinator.com', 'ow.ly', 'linktr.ee', 'lnk.bio', 'workplace.com', 'plus.google.com', 'plus.url.google.com', 'groups.google.com',
                'groups.yahoo.com', 'answers.yahoo.com', 'chiebukuro.yahoo.co.jp', 'medium.com', 'ask.fm', 'about.me', 'academia.edu', 'tagged.com',
                'getpocket.com', 'care2.com', 'gaiaonline.com', 'cafemom.com', '51.com', '43things.com', '12seconds.tv', 'blog.naver.com',
                'cafe.naver.com', 'tieba.baidu.com', 'zhihu.com', 'xiaohongshu.com', 'kaixin001.com', 'habr.com', 'kik.com', 'ello.co', 'vero.co',
                'bereal.com', 'github.com', 'buzzfeed.com', 'change.org', 'com.facebook.katana', 'com.twitter.android', 'com.linkedin.android',
                'com.reddit.frontpage', 'com.pinterest', 'com.slack', 'messages.google.com', 'web.whatsapp.com', 'teams.microsoft.com'
            ],
        },
        'search': {
            'names': [
                'google', 'bing', 'yahoo', 'duckduckgo', 'baidu', 'yandex', 'ya', 'ecosia', 'naver', 'daum', 'seznam', 'qwant', 'startpage', 'sogou',
                'lycos', 'alltheweb', 'aol', 'aolsearch', 'msn', 'rambler', 'dogpile', 'virgilio', 'onet', 'exalead', 'ixquick', 'mojeek', 'swisscows', 'metager',
                'kagi', 'presearch', 'coccoc', 'petalsearch', 'babylon', 'incredimail', 'sweetim', 'terra', 'voila', 'avg', 'comcast', 'mamma', 'najdi',
                'ekolay', 'kvasir', 'sesam', 'szukacz', 'zoeken', 'alice', 'eniro', 'conduit', 'search-results', 'dalesearch', 'suche', 'centrum',
                'goo', 'biglobe', 'nate', 'auone', 'altavista', 'excite', 'gibiru', 'searchencrypt', 'lilo', 'ekoru', 'oceanhero', 'dibz', 'search'
            ],
            'hosts': [
                'ask.com', 'ask', 'search.com', 'so.com', '360.cn', 'go.mail.ru', 'mail.ru', 'meta.ua', 'search.brave.com', 'brave.com', 'cnn.com',
                'wp.pl', 'sapo.pt', 'com.google.android.googlequicksearchbox', 'information.com', 'live.com', 'about.com', 'sm.cn'
            ],
            'patterns': ['(i?search|suche|recherche)[a-z]*[.][a-z0-9.-]+[.][a-z]+'],
        },
    }) -}}
{%- endmacro %}

{#- The pattern of one kind of site. A dot of a host is a dot; `patterns` are regular expressions over a whole host. -#}
{% macro site_pattern(kind) -%}
    {%- set sites = known_sites()[kind] -%}
    {%- set hosts = (sites.hosts | join('|')) | replace('.', '[.]') -%}
    {%- set further = '|' ~ sites.patterns | join('|') if sites.patterns else '' -%}
    {{- return(
        '^([a-z0-9_-]+[.])*(' ~ sites.names | join('|') ~ ')([.][a-z]{2,}){0,2}$|^([a-z0-9_-]+[.])*(' ~ hosts ~ further ~ ')$'
    ) -}}
{%- endmacro %}

{#- The kind of site that a source is (a host, or a name as tags give it), in lower case; null for any other. -#}
{% macro site_kind(source) -%}
    case
        {%- for kind in known_sites() %}
        when {{ matches(source, site_pattern(kind)) }} then '{{ kind }}'
        {%- endfor %}
    end
{%- endmacro %}

{#- What an advertiser's click id says where the tags say nothing: source and medium. Facebook and Instagram put theirs on unpaid
    links too, and srsltid is Google's free listings. -#}
{% macro click_ids() -%}
    {{- return([
        {'parameters': ['gclid', 'gbraid', 'wbraid'], 'source': 'google', 'medium': 'cpc'},
        {'parameters': ['dclid'], 'source': 'google', 'medium': 'cpm'},
        {'parameters': ['msclkid'], 'source': 'bing', 'medium': 'cpc'},
        {'parameters': ['yclid'], 'source': 'yandex', 'medium': 'cpc'},
        {'parameters': ['ttclid'], 'source': 'tiktok', 'medium': 'paid'},
        {'parameters': ['twclid'], 'source': 'twitter', 'medium': 'paid'},
        {'parameters': ['li_fat_id'], 'source': 'linkedin', 'medium': 'paid'},
        {'parameters': ['sccid'], 'source': 'snapchat', 'medium': 'paid'},
        {'parameters': ['rdt_cid'], 'source': 'reddit', 'medium': 'paid'},
        {'parameters': ['epik'], 'source': 'pinterest', 'medium': 'paid'},
        {'parameters': ['srsltid'], 'source': 'google shopping', 'medium': 'organic'},
        {'parameters': ['fbclid'], 'source': 'facebook', 'medium': 'referral'},
        {'parameters': ['igshid', 'igsh'], 'source': 'instagram', 'medium': 'referral'},
    ]) -}}
{%- endmacro %}

{#- `source` or `medium` by the click id in an address; null without one. -#}
{% macro click_id_says(url, field) -%}
    case
        {%- for each in click_ids() %}
        when {{ has_parameter(url, each.parameters) }} then '{{ each[field] }}'
        {%- endfor %}
    end
{%- endmacro %}

{#- The public default channel rules, first match wins. All in lower case; `kind` is the source's kind of site. One thing
    is ours: a marketplace that shows only sellers who pay for their place is paid without a medium, as the public test cases have it. -#}
{% macro channel_group(source, medium, campaign, kind) -%}
    {%- set paid = matches('coalesce(' ~ medium ~ ", '')", '^(.*cp.*|ppc|retargeting|paid.*)$') -%}
    {%- set shop = matches('coalesce(' ~ campaign ~ ", '')", '^(.*(([^a-df-z]|^)shop|shopping).*)$') -%}
    {%- set mail = "('email', 'e-mail', 'e_mail', 'e mail')" -%}
    case
        when {{ source }} in ('(direct)', 'direct') and coalesce({{ medium }}, '') in ('', '(not set)', '(none)') then 'Direct'
        when {{ matches('coalesce(' ~ campaign ~ ", '')", 'cross-network') }} then 'Cross-network'
        when {{ kind }} = 'marketplace' and coalesce({{ medium }}, '') = '' then 'Paid Shopping'
        when ({{ kind }} in ('shopping', 'marketplace') or {{ shop }}) and {{ paid }} then 'Paid Shopping'
        when {{ kind }} = 'search' and {{ paid }} then 'Paid Search'
        when {{ kind }} = 'social' and {{ paid }} then 'Paid Social'
        when {{ kind }} = 'video' and {{ paid }} then 'Paid Video'
        when {{ medium }} in ('display', 'banner', 'expandable', 'interstitial', 'cpm') then 'Display'
        when {{ paid }} then 'Paid Other'
        when {{ kind }} in ('shopping', 'marketplace') or {{ shop }} then 'Organic Shopping'
        when
            {{ kind }} = 'social'
            or {{ medium }} in ('social', 'social-network', 'social-media', 'sm', 'social network', 'social media')
            then 'Organic Social'
        when {{ kind }} = 'video' or {{ matches('coalesce(' ~ medium ~ ", '')", 'video') }} then 'Organic Video'
        when {{ kind }} = 'search' or {{ medium }} = 'organic' then 'Organic Search'
        when {{ medium }} in ('referral', 'app', 'link') then 'Referral'
        when {{ source }} in {{ mail }} or {{ medium }} in {{ mail }} or {{ medium }} = 'newsletter' then 'Email'
        when {{ medium }} in ('affiliate', 'affiliates') then 'Affiliates'
        when {{ medium }} = 'audio' then 'Audio'
        when {{ source }} = 'sms' or {{ medium }} = 'sms' then 'SMS'
        when {{ matches('coalesce(' ~ medium ~ ", '')", 'push$|mobile|notification') }} or {{ source }} = 'firebase' then 'Mobile Push Notifications'
        else 'Unassigned'
    end
{%- endmacro %}

{#- The group as a short stable key: `organic_search`, `email`, `direct`. -#}
{% macro channel_key(group) -%}
    case {{ group }}
        when 'Affiliates' then 'affiliate'
        when 'Mobile Push Notifications' then 'push'
        when 'Unassigned' then 'other'
        else replace(replace(lower({{ group }}), ' ', '_'), '-', '_')
    end
{%- endmacro %}
