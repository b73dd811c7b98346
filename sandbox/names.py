"""Invented people: small lists, reserved domains, and a telephone prefix that no country has."""

from __future__ import annotations

FIRST = (
    "Ada", "Anouk", "Arjun", "Bela", "Bo", "Cleo", "Dara", "Ebba", "Elio", "Emre", "Fay", "Fenna",
    "Gita", "Hedda", "Ilan", "Ines", "Iva", "Jory", "Juno", "Kaia", "Kiran", "Leif", "Lina",
    "Lumi", "Mara", "Milo", "Mina", "Nael", "Nora", "Odin", "Orla", "Pax", "Pia", "Quin", "Rafi",
    "Remy", "Runa", "Sami", "Sena", "Signe", "Tal", "Tamsin", "Teo", "Uma", "Vera", "Wim", "Yara",
    "Yuki", "Zane", "Zofia",
)  # fmt: skip
LAST = (
    "Abendroth", "Birkwood", "Calder", "Dunmore", "Eastlake", "Fairwell", "Greendale", "Hollins",
    "Ivarsen", "Juniper", "Kestrel", "Larkfield", "Marlowe", "Northgate", "Oakhurst", "Pemberley",
    "Quillon", "Ravenhall", "Silverton", "Thornbury", "Underhill", "Vantrees", "Westerby",
    "Yarrow", "Zellweg", "Ashgrove", "Brightwater", "Copperfield", "Driftwood", "Elmsworth",
)  # fmt: skip

#: Zone, locale, country, cities, share of the people.
PLACES = (
    ("Europe/London", "en-GB", "GB", ("London", "Leeds", "Bristol"), 0.30),
    ("Europe/Berlin", "de-DE", "DE", ("Berlin", "Hamburg", "Leipzig"), 0.25),
    ("Europe/Paris", "fr-FR", "FR", ("Paris", "Lyon", "Nantes"), 0.15),
    ("America/New_York", "en-US", "US", ("New York", "Boston", "Atlanta"), 0.15),
    ("Asia/Kolkata", "en-IN", "IN", ("Pune", "Chennai", "Mumbai"), 0.10),
    ("Australia/Sydney", "en-AU", "AU", ("Sydney", "Newcastle", "Wollongong"), 0.05),
)


def email_address(first: str, last: str, number: int, domain: str) -> str:
    """Unique by number, at a domain that RFC 2606 reserves."""
    return f"{first}.{last}{number}@{domain}".lower()


def phone_number(number: int) -> str:
    """+999 is given to no country, so nobody can be rung."""
    return f"+999{500_000_000 + number}"
