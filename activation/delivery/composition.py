"""From a planned message to what a channel carries: rendered, its links signed and tracked. Pure but for the
files of templates."""

from dataclasses import dataclass
from datetime import datetime

from activation.channels.contract import Action, Capabilities, Media, Refused, Request, check_capabilities
from activation.contract import Outcome, PlannedMessage, Reason
from activation.delivery.links import LinkSigner, is_web_address
from activation.delivery.template_store import TemplateStore
from activation.gates import Permission, Refusal
from activation.rendering import MissingVariable, Rendered, RenderRefused, Template, render, track_links
from kith.errors import KithError


@dataclass(frozen=True)
class Draft:
    """A rendered message that nobody has given leave to send yet.

    `content_hash` names what was rendered, before its links were tracked: the body can be recomputed and compared.
    """

    message_id: str
    address: str
    dated_at: datetime
    content: Rendered
    unsubscribe_url: str | None
    content_hash: str
    is_transactional: bool = False
    not_after: datetime | None = None
    locale: str = ""

    def permitted(self, permission: Permission, callback_url: str | None = None) -> Request:
        """The request for the channel. The permission must be this message's own."""
        return Request(
            self.message_id,
            permission,
            self.address,
            self.dated_at,
            self.content.subject,
            self.content.text,
            self.content.html or None,
            amp=self.content.amp or None,
            unsubscribe_url=self.unsubscribe_url,
            media=tuple(Media(each.url, each.kind, each.text) for each in self.content.media),
            actions=tuple(Action(each.title, each.url) for each in self.content.actions),
            options=self.content.options,
            is_transactional=self.is_transactional,
            not_after=self.not_after,
            locale=self.locale,
            callback_url=callback_url,
        )


@dataclass(frozen=True)
class Composer:
    """Renders messages and signs their links."""

    templates: TemplateStore
    signer: LinkSigner

    def compose(self, message: PlannedMessage, capabilities: Capabilities) -> Draft | Refusal:
        """The draft, or why there is none. Never raises for what one message brings along."""
        try:
            draft = self._draft(message, self.templates.get(message.template, message.template_version))
            content = draft.content
            check_capabilities(
                capabilities,
                text=content.text,
                html=content.html,
                amp=content.amp,
                media=content.media,
                actions=content.actions,
            )
        except Refused as refusal:
            return Refusal(Outcome.FAILED, Reason.CONTENT_REFUSED, refusal.detail)
        except MissingVariable:
            return Refusal(Outcome.FAILED, Reason.RENDER_REFUSED, "missing_variable")
        except RenderRefused:
            return Refusal(Outcome.FAILED, Reason.RENDER_REFUSED, "template_failed")
        except KithError:
            return Refusal(Outcome.FAILED, Reason.RENDER_REFUSED, "no_such_template")
        return draft

    def render(self, message: PlannedMessage) -> Rendered:
        """The content before its links are tracked, from what was frozen: the same each time. Raises KithError."""
        template = self.templates.get(message.template, message.template_version)
        return self._rendered(message, template, self.signer.unsubscribe_url(message.message_id))

    def _rendered(self, message: PlannedMessage, template: Template, unsubscribe: str) -> Rendered:
        variables = {**message.variables, "unsubscribe_url": unsubscribe}
        return render(template, variables, message.locale, message.channel)

    def _draft(self, message: PlannedMessage, template: Template) -> Draft:
        message_id = message.message_id
        unsubscribe = self.signer.unsubscribe_url(message_id)
        rendered = self._rendered(message, template, unsubscribe)
        tracked = track_links(
            rendered,
            lambda _index, target: self._tracked(message_id, target),
            self.signer.open_url(message_id),
            keep={unsubscribe},
        )
        one_click = None if message.is_transactional else unsubscribe
        return Draft(
            message_id,
            message.address,
            message.decided_at,
            tracked,
            one_click,
            rendered.content_hash,
            message.is_transactional,
            message.not_after,
            message.locale,
        )

    def _tracked(self, message_id: str, target: str) -> str:
        """A link that we can't sign (too long, no host) is left as it is: the reader still gets there."""
        return self.signer.click_url(message_id, target) if is_web_address(target) else target
