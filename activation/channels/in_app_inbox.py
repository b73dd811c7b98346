"""Messages inside the app: they wait in the inbox until the app asks for them."""

from activation.channels._inbox import inbox_plugin

plugin = inbox_plugin("in_app")
