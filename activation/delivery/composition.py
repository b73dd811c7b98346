"""From a planned message to what a channel carries: rendered, its links signed and tracked. Pure but for the
files of templates."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from activation.channels.contract import Action, Capabilities, Media, Refused, Request, check_capabilities
from activation.contract import Outcome, PlannedMessage, Reason
from activation.delivery.links import LinkSigner, is_web_address
from activation.delivery.template_store import TemplateStore
from activation.gates import Permission, Refusal
from activation.rendering import MissingVariable, Rendered, RenderRefused, render, track_links
from kith.errors import KithError


class Manuscript(NamedTuple):
    """What the words of a message depend on, plain enough to travel to another process."""

    message_id: str
    channel: str
    template: str
    template_version: str
    locale: str
    variables: Mapping[str, Any]


class Wording(NamedTuple):
    """The words of a message. `content_hash` names what was rendered, before its links were tracked: the body can be
    recomputed and compared."""

    content: Rendered
    unsubscribe_url: str
    content_hash: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A rendered message that nobody has given leave to send yet."""

    message: PlannedMessage
    wording: Wording

    def permitted(self, permission: Permission, callback_url: str | None = None) -> Request:
        """The request for the channel. The permission must be this message's own."""
        message, content = self.message, self.wording.content
        return Request(
            message.message_id,
            permission,
            message.address,
            message.decided_at,
            content.subject,
            content.text,
            content.html or None,
            amp=content.amp or None,
            unsubscribe_url=None if message.is_transactional else self.wording.unsubscribe_url,
            media=tuple(Media(each.url, each.kind, each.text) for each in content.media),
            actions=tuple(Action(each.title, each.url) for each in content.actions),
            options=content.options,
            is_transactional=message.is_transactional,
            not_after=message.not_after,
            locale=message.locale,
            callback_url=callback_url,
        )


def manuscript_of(message: PlannedMessage) -> Manuscript:
    return Manuscript(
        message.message_id,
        message.channel,
        message.template,
        message.template_version,
        message.locale,
        message.variables,
    )


@dataclass(frozen=True)
class Composer:
    """Renders messages and signs their links."""

    templates: TemplateStore
    signer: LinkSigner

    def compose(self, message: PlannedMessage, capabilities: Capabilities) -> Draft | Refusal:
        """The draft, or why there is none. Never raises for what one message brings along."""
        worded = self.word(manuscript_of(message), capabilities)
        return Draft(message, worded) if isinstance(worded, Wording) else worded

    def word(self, manuscript: Manuscript, capabilities: Capabilities) -> Wording | Refusal:
        """The words alone, as `compose`."""
        try:
            wording = self._wording(manuscript)
            content = wording.content
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
        return wording

    def render(self, message: PlannedMessage) -> Rendered:
        """The content before its links are tracked, from what was frozen: the same each time. Raises KithError."""
        return self._rendered(manuscript_of(message), self.signer.unsubscribe_url(message.message_id))

    def _rendered(self, manuscript: Manuscript, unsubscribe: str) -> Rendered:
        template = self.templates.get(manuscript.template, manuscript.template_version)
        variables = {**manuscript.variables, "unsubscribe_url": unsubscribe}
        return render(template, variables, manuscript.locale, manuscript.channel)

    def _wording(self, manuscript: Manuscript) -> Wording:
        message_id = manuscript.message_id
        unsubscribe = self.signer.unsubscribe_url(message_id)
        rendered = self._rendered(manuscript, unsubscribe)
        tracked = track_links(
            rendered,
            lambda _index, target: self._tracked(message_id, target),
            self.signer.open_url(message_id),
            keep={unsubscribe},
        )
        return Wording(tracked, unsubscribe, rendered.content_hash)

    def _tracked(self, message_id: str, target: str) -> str:
        """A link that we can't sign (too long, no host) is left as it is: the reader still gets there."""
        return self.signer.click_url(message_id, target) if is_web_address(target) else target
