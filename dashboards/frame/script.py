"""What runs at each visit and each click: settings, navigation, the chosen page."""

from dashboards.frame.navigation import open_dashboards
from kith.settings import load_settings

open_dashboards(load_settings())
