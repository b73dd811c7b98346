"""What the fields of the language are called on a form, with an example of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from dashboards.canvas.forms.shapes import Shape
from dashboards.formatting import spell_name

_LABELS: Mapping[str, tuple[str, str]] = {
    "send": ("Template", "What is sent: one of the workspace's templates"),
    "by": ("Channels", "In this order: the first that can carry it is taken"),
    "choose": ("Which channel first", "In the order above, or the one that the person answers most"),
    "at": ("When", "At the hour at which the person answers most"),
    "within": ("Within", "A number and s, m, h, d or w, such as 7d"),
    "expires_after": ("Not later than", "After this time the message isn't sent any more, such as 48h"),
    "until": ("Until", ""),
    "on": ("On these days", "Every day unless told"),
    "timeout": ("At most", "How long to wait: a number and s, m, h, d or w, such as 3d"),
    "for": ("For", "What is waited for"),
    "wait": ("Wait", ""),
    "where": ("Only where", "Properties of the event, one a line, such as total: {at_least: 20}"),
    "was": ("Was", ""),
    "was_not": ("Was not", ""),
    "did": ("Event that was done", ""),
    "did_not": ("Event that was not done", ""),
    "if": ("Who", "The question that is asked when somebody comes here"),
    "is": ("Is", ""),
    "only_between": ("Hours", "On the person's own clock"),
    "throttle": ("No faster than", "Messages and a time, such as 500 per 1h"),
    "at_most": ("At most", ""),
    "repeat": ("Laps", ""),
    "share": ("Share", "All shares together come to 100%"),
    "variant": ("Name of the variant", ""),
    "experiment": ("Name of the experiment", "Small letters, digits and _; the draw goes by it"),
    "variants": ("Variants", ""),
    "winner": ("Winner", ""),
    "by_event": ("Event that counts", ""),
    "confidence": ("Sure by", "How sure it has to be, such as 95%"),
    "update_profile": ("What to write down", "One a line, such as stage: onboarded"),
    "emit": ("Event", "Its name, for other journeys, segments and syncs"),
    "properties": ("Its properties", "One a line, such as kind: renewal"),
    "audience": ("Audience", ""),
    "change": ("Add or remove", ""),
    "journey": ("Part", "A journey without a way in of its own"),
    "with": ("What it is told", "One a line, such as offer: review_thanks"),
    "id": ("Id", "Only needed where two steps would have the same; people's history goes by it"),
    "state": ("State", "A draft and a paused one let nobody in"),
    "enter": ("Who comes in", ""),
    "segment": ("Segment", "Who enters it"),
    "left": ("Segment left", "Who leaves this segment"),
    "list": ("Uploaded list", ""),
    "event": ("Event", ""),
    "api": ("Handed over as", "By an application"),
    "key": ("Once for each", "A property: each of its values is a pass of its own, such as cart_id"),
    "schedule": ("Again and again", "Such as weekly mon 09:00, daily 08:00, monthly 1 10:00"),
    "launch_at": ("Once at", "Such as 2026-05-01T08:00"),
    "window": ("At the latest after", "How long a launch may be late"),
    "from": ("From", "Nobody comes in before"),
    "again": ("May come again", "Never, unless told"),
    "again_after": ("Again after", "Not before so long after the last time, such as 180d"),
    "stop_when": ("What stops it", ""),
    "goal": ("Goal", "What counts as a success"),
    "ends": ("Reaching the goal ends it", ""),
    "holdout": ("Held out", "Share that gets no marketing message, to compare with, such as 10%"),
    "caps": ("Frequency caps", "all, or some by name"),
    "priority": ("Priority", "The lower one is judged first"),
    "quiet_hours": ("Quiet hours", ""),
    "purpose": ("Purpose", "Marketing needs consent"),
    "description": ("What it is for", ""),
    "arguments": ("What others may tell it", "One a line, such as pause: 7d"),
    "tags": ("Tags", "Caps and budgets may go by them"),
    "missing": ("Is missing", ""),
    "minus": ("So long before", "Such as 7d"),
    "plus": ("So long after", "Such as 1d"),
    "at_least": ("At least", ""),
}
_EXAMPLES = {
    "wait": "3d", "within": "7d", "timeout": "2d", "expires_after": "48h", "throttle": "500 per 1h", "share": "50%",
    "holdout": "10%", "schedule": "weekly mon 09:00", "launch_at": "2026-05-01T08:00", "until": "09:00",
    "again_after": "180d", "confidence": "95%", "id": "second_try", "window": "24h", "event": "Order Completed",
    "emit": "Reminder Due", "key": "cart_id",
}  # fmt: skip
_ITEMS = {"branch": "Case", "rank": "Interest", "split": "Share", "variants": "Variant", "for": "Event",
          "stop_when": "Stop", "all": "Question", "any": "Question", "none": "Question", "if": "Question"}  # fmt: skip
_FORMS = {
    "Until": "Until an hour or a date",
    "For": "For something to happen",
    "AttributeTime": "A date that is known of them",
    "Answer": "An answer to a message",
    "Awaited": "An event",
    "AwaitedAnswer": "An answer to a message",
    "All": "All of these",
    "AnyOf": "At least one of these",
    "NoneOf": "None of these",
    "Attribute": "What is known of them",
    "Segment": "In a segment",
    "Listed": "On an uploaded list",
    "Did": "Did something",
    "DidNot": "Didn't do something",
    "Score": "A model's score",
    "Message": "What became of a message",
    "Case": "A case",
    "Otherwise": "Else",
    "WinnerRule": "Tell the winner by an event",
    "Candidate": "A number to compare",
    "Exit": "One thing",
}
_TEXTS = {"wait": "For a time", "until": "An hour of the day", "for": "An event", "winner": "Nobody tells a winner",
          "holdout": "A share", "caps": "All of them"}  # fmt: skip
_LISTS = {"for": "The first of several", "stop_when": "Several things", "if": "All of these", "caps": "Some"}
_OPTIONS = {
    "best": "The one they answer most", "order": "In this order", "best_hour": "At their best hour", "sent": "Sent",
    "ignore": "Ignore them", "keep": "Keep to them", "mon": "Monday", "tue": "Tuesday", "wed": "Wednesday",
    "thu": "Thursday", "fri": "Friday", "sat": "Saturday", "sun": "Sunday", "email": "E-mail", "sms": "SMS",
    "rcs": "RCS", "in": "In it", "out": "Not in it", "once": "Never", "always": "At once",
}  # fmt: skip
_USUAL = {"choose": "In this order", "purpose": "As the journey says", "quiet_hours": "Keep to them", "at": "At once",
          "until": "Goes on when it is planned", "on": "Every day", "again": "Never", "caps": "All of them"}  # fmt: skip
_STARTS: Mapping[str, Any] = {
    "wait": "1d",
    "timeout": "2d",
    "until": "09:00",
    "for": "Order Completed",
    "within": "7d",
    "share": "10%",
    "event": "Order Completed",
    "variant": "c",
    "holdout": "10%",
    "did": "Order Completed",
    "at_most": 3,
    "did_not": "Order Completed",
    "by": "Order Completed",
    "Enter": {"segment": ""},
    "Exit": {"event": "Order Completed"},
    "Goal": {"event": "Order Completed", "within": "7d"},
    "Attribute": {"attribute": "", "is": ""},
    "Score": {"score": "", "at_least": 0.5},
    "Message": {"message": "", "was": "opened"},
    "Candidate": {"score": "", "then": []},
    "Case": {"if": {"segment": ""}, "then": []},
    "All": {"all": [{"segment": ""}]},
    "AnyOf": {"any": [{"segment": ""}]},
    "NoneOf": {"none": [{"segment": ""}]},
    "Until": {"until": "09:00"},
    "For": {"for": "Order Completed", "timeout": "2d"},
    "WinnerRule": {"by": "Order Completed", "within": "7d"},
    "Portion": {"share": "10%"},
}


def label(name: str) -> str:
    """A field's name on a form."""
    return _LABELS[name][0] if name in _LABELS else spell_name(name)


def help_of(name: str) -> str:
    """What is said of a field."""
    return _LABELS[name][1] if name in _LABELS else ""


def example(name: str, pattern: str) -> str:
    """What stands in an empty field."""
    return _EXAMPLES.get(name, "3d" if "smhdw" in pattern else "")


def item(name: str) -> str:
    """What one of several is called."""
    return _ITEMS.get(name, "Item")


def ends(name: str) -> tuple[str, str]:
    """The two ends of a pair."""
    return ("Opens", "Closes") if name == "only_between" else ("From", "To")


def form(shape: Shape, name: str) -> str:
    """What one of several forms of a value is called."""
    if shape.kind == "record":
        return _FORMS.get(shape.title, shape.title or label(name))
    return (
        _LISTS.get(name, "Several")
        if shape.kind in ("several", "texts", "choices")
        else _TEXTS.get(name, "A value")
    )


def is_kept(name: str) -> bool:
    """Whether the form of a value stays: its other form says the same at more length."""
    return name == "branch"


def usual_form(forms: Sequence[Shape], name: str) -> Shape:
    """The form that a value begins with."""
    wanted = {"stop_when": "record", "wait": "text", "for": "text", "until": "text", "winner": "record"}
    return next((each for each in forms if each.kind == wanted.get(name, "")), next(
        (each for each in forms if each.title == "Segment"), forms[0]))  # fmt: skip


def start_of(name: str, kind: str = "") -> Any:
    """What stands somewhere until somebody says more; None where nothing is usual."""
    if name in _STARTS:
        return deepcopy(_STARTS[name])
    return {"mapping": {}, "texts": [], "choices": [], "truth": True, "number": 1, "pair": ["", ""]}.get(
        kind, "" if kind else None
    )


def option(value: Any) -> str:
    """One of a field's choices."""
    return _OPTIONS.get(str(value), spell_name(str(value)))


def usual(name: str) -> str:
    """What holds where nothing is chosen."""
    return _USUAL.get(name, "Choose")
