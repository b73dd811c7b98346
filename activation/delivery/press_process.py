"""A process that composes for a worker: it knows templates and signs links, and has no database and no channel.

    python -m activation.delivery.press_process     reads its parts, then sheets, from its input; answers each sheet

It ends when its input does, so it never outlives its worker. Frames are a length in four bytes and JSON.
"""

import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import IO, Any

import orjson

from activation.channels.contract import Capabilities
from activation.contract import Outcome, PlannedMessage, Reason
from activation.delivery.composition import Composer, Manuscript, Wording, manuscript_of
from activation.delivery.links import LinkSigner
from activation.delivery.template_store import TemplateStore
from activation.gates import Refusal
from activation.rendering import ActionPart, MediaPart, Rendered
from kith.settings import Settings

_LENGTH_BYTES = 4


def write_frame(stream: IO[bytes], said: Any) -> None:
    """Raises TypeError for what is no JSON, OSError where nobody listens."""
    body = orjson.dumps(said)
    stream.write(len(body).to_bytes(_LENGTH_BYTES) + body)
    stream.flush()


def read_frame(stream: IO[bytes]) -> Any:
    """Raises EOFError where the other side has gone."""
    length = stream.read(_LENGTH_BYTES)
    body = stream.read(int.from_bytes(length))
    if len(length) < _LENGTH_BYTES or len(body) < int.from_bytes(length):
        raise EOFError
    return orjson.loads(body)


def parts_of(settings: Settings, signer: LinkSigner) -> dict[str, Any]:
    """What a process needs to know to compose as its worker does."""
    return {
        "settings": settings.model_dump(mode="json", exclude={"lateness"}),
        "secret": signer.secret.hex(),
        "public_url": signer.public_url,
    }


def sheet_of(messages: Sequence[PlannedMessage], capabilities: Capabilities) -> list[Any]:
    """The question: what the channel carries, and the manuscripts."""
    return [sorted(capabilities.content), [tuple(manuscript_of(message)) for message in messages]]


def read_wording(told: Any) -> Wording | Refusal:
    """One answer."""
    if isinstance(told[0], str):
        return Refusal(Outcome(told[0]), Reason(told[1]), told[2])
    content, unsubscribe_url, content_hash, beside = told
    if beside is None:
        return Wording(Rendered(*content), unsubscribe_url, content_hash)
    media = tuple(MediaPart(**each) for each in beside["media"])
    actions = tuple(ActionPart(**each) for each in beside["actions"])
    return Wording(
        Rendered(*content, media=media, actions=actions, options=beside["options"]),
        unsubscribe_url,
        content_hash,
    )


def _told(wording: Wording | Refusal) -> tuple[Any, ...]:
    if isinstance(wording, Refusal):
        return wording.outcome, wording.reason, wording.detail
    content = wording.content
    texts = (content.subject, content.html, content.text, content.amp)
    is_plain = not (content.media or content.actions or content.options)
    beside = None if is_plain else asdict(content)
    return texts, wording.unsubscribe_url, wording.content_hash, beside


def _answer(composer: Composer, sheet: Any) -> Any:
    content, manuscripts = sheet
    capabilities = Capabilities(frozenset(content))
    return [_told(composer.word(Manuscript(*each), capabilities)) for each in manuscripts]


def serve(incoming: IO[bytes], outgoing: IO[bytes]) -> None:
    """Until the input ends. A sheet that can't be told in JSON is answered with null: the worker composes it."""
    parts = read_frame(incoming)
    settings = Settings(**parts["settings"])
    signer = LinkSigner(bytes.fromhex(parts["secret"]), parts["public_url"])
    composer = Composer(TemplateStore(settings), signer)
    while True:
        try:
            sheet = read_frame(incoming)
        except EOFError:
            return
        try:
            write_frame(outgoing, _answer(composer, sheet))
        except TypeError:
            write_frame(outgoing, None)


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the worker is asked to stop, and ends us
    outgoing = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints is no answer
    serve(sys.stdin.buffer, outgoing)


if __name__ == "__main__":
    main()
