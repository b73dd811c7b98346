{#- What may be wrong with what lands, beyond what arrival sets aside: each kind with its fate and how much it matters. The rows of
    `quality_checks` that speak of the whole warehouse are these, in these words; docs/bad-input.md explains each. -#}
{% macro bad_input() -%}
    {{- return({
        'amount_not_numeric': {'fate': 'set_aside', 'severity': 'warning', 'says': 'An amount of an order that is no number: left out'},
        'amount_out_of_range': {'fate': 'set_aside', 'severity': 'warning', 'says': 'An amount of a trillion or more: left out'},
        'negative_amount': {'fate': 'kept', 'severity': 'info', 'says': 'An order whose amount is below zero: an adjustment, counted as it stands'},
        'negative_price': {'fate': 'kept', 'severity': 'info', 'says': 'A line whose price is below zero: a discount or an adjustment'},
        'negative_quantity': {'fate': 'kept', 'severity': 'info', 'says': 'A line whose quantity is below zero: goods that came back'},
        'price_missing': {'fate': 'corrected', 'severity': 'warning', 'says': 'A line without a price counts nothing'},
        'currency_missing': {'fate': 'kept', 'severity': 'warning', 'says': 'An order without a currency keeps none, and is added to no other'},
        'currency_unknown': {'fate': 'kept', 'severity': 'warning', 'says': 'A currency that ISO 4217 does not list is kept, and is added to no other'},
        'currency_rewritten': {'fate': 'corrected', 'severity': 'info', 'says': 'A currency in lower case or with spaces is written as ISO 4217 writes it'},
        'time_before_1990': {'fate': 'kept', 'severity': 'error', 'says': 'An event before 1990 that arrival should have set aside'},
        'time_after_arrival': {'fate': 'kept', 'severity': 'error', 'says': 'An event more than a day after its arrival, which should have been set aside'},
        'identifier_too_long': {'fate': 'kept', 'severity': 'warning', 'says': 'An event whose id is longer than 255: it stays, its id names nobody'},
        'identifier_rejected': {'fate': 'set_aside', 'severity': 'warning', 'says': 'A value that is no identifier: blocked, malformed, too long'},
        'trait_of_wrong_type': {'fate': 'set_aside', 'severity': 'warning', 'says': 'A trait whose value is not of its type: the last good one stays'},
        'identifiers_kept_apart': {'fate': 'set_aside', 'severity': 'warning', 'says': 'Two identifiers seen together that a limit kept apart'},
    }) -}}
{%- endmacro %}

{#- ISO 4217: the currencies in use, and the precious metals, funds and tests that have a code. -#}
{% macro iso_currencies() -%}
    {{- return((
        'AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CLF '
        ~ 'CLP CNY COP COU CRC CUC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR '
        ~ 'ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR '
        ~ 'MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP '
        ~ 'SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAF '
        ~ 'XAG XAU XCD XCG XDR XOF XPD XPF XPT XSU XUA YER ZAR ZMW ZWG ZWL'
    ).split(' ')) -}}
{%- endmacro %}

{#- Whether a text is a number as JSON and people write it; what the money macro then can't hold is out of range. -#}
{% macro is_numeric_text(text) -%}
    {{ matches('trim(' ~ text ~ ')', '^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]+)?$') }}
{%- endmacro %}
