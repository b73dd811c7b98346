"""The kernel of Kith: what at least three rooms use and nothing that names a business thing."""

__version__ = "0.1.0"
