"""The country of an address, where it tells one: a telephone number does, nothing else."""

from functools import cache, lru_cache

NOWHERE = ""


@lru_cache(maxsize=65_536)
def country_of(address: str) -> str:
    """ISO 3166-1 alpha-2 of a number in E.164 form; empty for every other address and for numbers of no country."""
    if not address.startswith("+"):
        return NOWHERE
    import phonenumbers

    try:
        number = phonenumbers.parse(address)
    except phonenumbers.NumberParseException:
        return NOWHERE
    region = phonenumbers.region_code_for_number(number) or NOWHERE
    return region if region != "001" else NOWHERE


@cache
def known_countries() -> frozenset[str]:
    """Every country that has numbers."""
    import phonenumbers

    return frozenset(phonenumbers.SUPPORTED_REGIONS)
