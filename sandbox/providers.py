"""Mailbox providers: a domain, its share of the people, and its habits."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Provider:
    """`greylist_rate`: share of recipients told to come back once. `scan_rate`: share of mails whose links
    a machine opens before the reader. `proxies_images`: a machine fetches the pixel on arrival."""

    domain: str
    weight: float
    greylist_rate: float = 0.0
    scan_rate: float = 0.0
    proxies_images: bool = False
    agent: str = "Mozilla/5.0 (compatible; MailReader/1.0)"


PROVIDERS = (
    Provider("example.com", 0.36),
    Provider("example.org", 0.18, greylist_rate=0.15),
    Provider("example.net", 0.14),
    Provider("orchard.example", 0.14, proxies_images=True),
    Provider("firm.example", 0.10, scan_rate=0.7),
    Provider("post.test", 0.08, greylist_rate=0.4),
)
BY_DOMAIN = {provider.domain: provider for provider in PROVIDERS}
WEIGHTS = tuple(provider.weight for provider in PROVIDERS)
SCANNER_AGENT = "LinkSentry/2.1 (mail security scanner)"
PROXY_AGENT = "OrchardMailProxy/1.0 (image cache)"


def provider_of(address: str) -> Provider:
    """The provider of an address; a domain that is not ours behaves plainly."""
    domain = address.rpartition("@")[2].lower()
    return BY_DOMAIN.get(domain) or Provider(domain, 0.0)
