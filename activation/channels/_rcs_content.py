"""What an RCS message says, as RBM's agentMessages take it: a text, a file, a card or a row of cards.

Options: `traffic` (PROMOTION, TRANSACTION, AUTHENTICATION, SERVICEREQUEST, ACKNOWLEDGEMENT), `height` of a card's
picture (SHORT, MEDIUM, TALL).
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from activation.channels._texts import short_text, web_address
from activation.channels.contract import Action, Media, Refused, Request

LONGEST, LONGEST_TITLE, LONGEST_DESCRIPTION, LONGEST_SUGGESTION = 3_072, 200, 2_000, 25
LARGEST, LONGEST_POSTBACK = 250_000, 2_048
_MOST_SUGGESTIONS, _MOST_IN_CARD, _MOST_CARDS = 11, 4, 10
_LONGEST_HOLD = timedelta(days=15)
_TRAFFIC = ("PROMOTION", "TRANSACTION", "AUTHENTICATION", "SERVICEREQUEST", "ACKNOWLEDGEMENT")
_HEIGHTS = ("SHORT", "MEDIUM", "TALL")

Json = dict[str, Any]


def agent_message(request: Request) -> bytes:
    """The body. Raises contract.Refused."""
    message: Json = {"contentMessage": _content(request), "messageTrafficType": _traffic(request)}
    if request.not_after is not None:
        message["expireTime"] = _instant(min(request.not_after, request.dated_at + _LONGEST_HOLD))
    body = json.dumps(message, ensure_ascii=False).encode()
    if len(body) > LARGEST:
        raise Refused("too_long", f"{len(body)} bytes, {LARGEST} at most")
    return body


def _content(request: Request) -> Json:
    text, media = request.text.strip(), request.media
    if len(media) > 1:
        return {"richCard": {"carouselCard": _carousel(request)}}
    if media and (text or request.actions):
        return {"richCard": {"standaloneCard": _card(request, media[0])}}
    if media:
        return {"contentInfo": {"fileUrl": web_address(media[0].url)}}
    told: Json = {"text": short_text(text, LONGEST)}
    return {**told, **_suggestions(request, _MOST_SUGGESTIONS)}


def _card(request: Request, media: Media) -> Json:
    content: Json = {"media": _media(request, media), **_suggestions(request, _MOST_IN_CARD)}
    if request.subject.strip():
        content["title"] = short_text(request.subject, LONGEST_TITLE, "title")
    if request.text.strip():
        content["description"] = short_text(request.text, LONGEST_DESCRIPTION)
    return {"cardOrientation": "VERTICAL", "cardContent": content}


def _carousel(request: Request) -> Json:
    if len(request.media) > _MOST_CARDS or request.text.strip() or request.actions:
        raise Refused("unsupported_content", f"{_MOST_CARDS} cards at most, each with its own words alone")
    cards = []
    for media in request.media:
        card: Json = {"media": _media(request, media)}
        if media.text.strip():
            card["title"] = short_text(media.text, LONGEST_TITLE, "title")
        cards.append(card)
    return {"cardWidth": "MEDIUM", "cardContents": cards}


def _media(request: Request, media: Media) -> Json:
    if media.kind not in ("image", "video"):
        raise Refused("bad_media", "a card shows an image or a film")
    height = request.options.get("height", "MEDIUM")
    if height not in _HEIGHTS:
        raise Refused("bad_parameter", f"height is one of {', '.join(_HEIGHTS)}")
    return {"height": height, "contentInfo": {"fileUrl": web_address(media.url)}}


def _suggestions(request: Request, most: int) -> Json:
    if len(request.actions) > most:
        raise Refused("too_many_actions", f"{most} suggestions at most")
    found = [_suggestion(request, number, action) for number, action in enumerate(request.actions)]
    return {"suggestions": found} if found else {}


def _suggestion(request: Request, number: int, action: Action) -> Json:
    """The postback leads an answer to the message that it answers."""
    told: Json = {
        "text": short_text(action.title, LONGEST_SUGGESTION, "button"),
        "postbackData": f"{request.message_id}:{number}"[:LONGEST_POSTBACK],
    }
    if not action.url:
        return {"reply": told}
    url = web_address(action.url)
    return {"action": {**told, "fallbackUrl": url, "openUrlAction": {"url": url}}}


def _traffic(request: Request) -> str:
    told = request.options.get("traffic") or ("TRANSACTION" if request.is_transactional else "PROMOTION")
    if told not in _TRAFFIC:
        raise Refused("bad_parameter", f"traffic is one of {', '.join(_TRAFFIC)}")
    return told


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
