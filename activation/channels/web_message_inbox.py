"""Messages on the web page: they wait in the inbox until the page asks for them."""

from activation.channels._inbox import inbox_plugin

plugin = inbox_plugin("web_message")
