"""Channel groups, sites and user agents against public cases, which the rules never see. Shares are printed."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.warehouse.enrichment import asked, unpacked

GROUP = (
    "select expected, {{ channel_group('source', 'medium', 'campaign', 'kind') }} as found, source"
    " from (select *, {{ site_kind('source') }} as kind from given) as kinds"
)
KIND = "select expected, {{ site_kind('source') }} as found, source from given"
HOST = "select expected, {{ site_kind(host_of('source')) }} as found, source from given"
AGENT = (
    "select expected, {{ device_of('source') }} as device, {{ os_of('source') }} as os,"
    " {{ browser_of('source') }} as browser, source from given"
)
SYSTEMS = {
    "Mac OS X": "macOS", "Chrome OS": "ChromeOS", "Ubuntu": "Linux", "Fedora": "Linux", "Debian": "Linux",
    "WatchOS": "watchOS",
    **{name: name for name in ("Windows", "iOS", "Android", "Linux", "Windows Phone", "KaiOS", "Tizen", "tvOS")},
}  # fmt: skip
BROWSERS = {
    "Chrome Mobile": "Chrome", "Chrome Mobile iOS": "Chrome", "Firefox Mobile": "Firefox", "Firefox iOS": "Firefox",
    "Edge Mobile": "Edge", "IE": "Internet Explorer", "Mobile Safari": "Safari", "Opera Mini": "Opera",
    "Opera Mobile": "Opera",
    **{name: name for name in ("Chrome", "Firefox", "Edge", "Safari", "Opera", "Samsung Internet", "Vivaldi")},
    **{name: name for name in ("UC Browser", "Yandex Browser")},
}  # fmt: skip
MEDIA = {"email": "mail", "search": "search", "social": "social", "chatbot": "assistant", "paid": "ads"}


@pytest.mark.real_data
def test_channel_groups__agree_with_the_public_cases(shared_data: Path) -> None:
    lines = unpacked(shared_data / "payloads/ga4_default_channel_grouping_cases.jsonl.gz").splitlines()
    cases = [json.loads(line) for line in lines]
    rows = [
        {"source": case["source"].lower(), "medium": case["medium"], "campaign": case["campaign"],
         "expected": case["expected_channel"]}
        for case in cases
    ]  # fmt: skip
    wrong = [each for each in asked(GROUP, rows) if each["found"] != each["expected"]]
    print(f"\nchannel groups: {len(rows) - len(wrong)} of {len(rows)} public cases")
    assert len(rows) == 30
    assert wrong == []


def test_channel_groups__of_each_name_can_be_reached() -> None:
    cases = {
        "Audio": ("spotify", "audio", ""), "Affiliates": ("partner", "affiliate", ""),
        "Paid Video": ("www.youtube.com", "cpv", ""), "Paid Social": ("m.facebook.com", "paid_social", ""),
        "Display": ("google", "banner", ""), "Paid Search": ("google", "cpm", ""),
        "Organic Search": ("www.google.co.uk", "referral", ""), "Organic Social": ("t.co", "referral", ""),
        "Referral": ("facebook-fans.example", "referral", ""), "Email": ("kith", "newsletter", ""),
        "Organic Shopping": ("shopping.google.com", "referral", ""), "Unassigned": ("kith", "poster", ""),
        "Paid Shopping": ("alibaba.com", "cpc", ""), "Direct": ("(direct)", "(none)", ""),
        "Mobile Push Notifications": ("kith", "push", ""), "SMS": ("kith", "sms", ""),
        "Cross-network": ("google", "cpc", "spring cross-network"), "Paid Other": ("kith", "ppc", ""),
        "Organic Video": ("vimeo.com", "referral", ""),
    }  # fmt: skip
    rows = [
        {"source": source, "medium": medium, "campaign": campaign, "expected": name}
        for name, (source, medium, campaign) in cases.items()
    ]
    assert {each["expected"]: each["found"] for each in asked(GROUP, rows)} == {name: name for name in cases}


@pytest.mark.real_data
def test_sites__know_most_of_a_public_list(shared_data: Path) -> None:
    lines = unpacked(shared_data / "payloads/ga4_source_categories.csv").decode().splitlines()
    rows = [
        {"source": row["source"].lower(), "expected": row["source_category"].split("_")[-1].lower()}
        for row in csv.DictReader(lines)
    ]
    found = asked(KIND, rows)
    for each in found:
        each["found"] = {"marketplace": "shopping"}.get(each["found"], each["found"])
    right = Counter(each["expected"] for each in found if each["found"] == each["expected"])
    whole = Counter(each["expected"] for each in found)
    other = sum(each["found"] not in (None, each["expected"]) for each in found)
    shares = {kind: round(right[kind] / whole[kind], 3) for kind in whole}
    print(
        f"\nsites of a public list: {sum(right.values()) / len(found):.3f} known {shares}; {other} called otherwise"
    )
    assert shares["search"] >= 0.85
    assert shares["shopping"] >= 0.8
    assert shares["video"] >= 0.8
    assert shares["social"] >= 0.35  # mostly sites that are no more
    assert other / len(found) < 0.05


@pytest.mark.real_data
def test_referrers__are_known_by_their_host(shared_data: Path) -> None:
    cases = json.loads(unpacked(shared_data / "web_enrichment/referer-tests.json.gz"))
    rows = [{"source": case["uri"], "expected": MEDIA[case["medium"]]} for case in cases]
    found = asked(HOST, rows)
    right = sum(each["found"] == each["expected"] for each in found)
    print(f"\nreferrers: {right} of {len(found)} ({right / len(found):.3f})")
    assert right / len(found) >= 0.97


def _device(case: dict[str, Any]) -> str | None:
    """The device that a family of the public list stands for, where it stands for one."""
    kinds = {
        "bot": {"Spider"}, "tablet": {"iPad", "Kindle", "Kindle Fire", "Generic Tablet"}, "desktop": {"Mac"},
        "mobile": {"iPhone", "iPod", "Apple Watch", "Generic Smartphone", "Generic Feature Phone"},
        "tv": {"AppleTV", "Chromecast", "PlayStation 3", "PlayStation 4", "Wii", "Roku"},
    }  # fmt: skip
    if case.get("brand") == "Generic_Android_Tablet":
        return "tablet"
    return next((kind for kind, families in kinds.items() if case["family"] in families), None)


@pytest.mark.real_data
def test_devices__agree_with_public_user_agents(shared_data: Path) -> None:
    cases = _cases(shared_data / "web_enrichment/test_device.yaml.gz")
    rows = [{"source": case["user_agent_string"], "expected": _device(case)} for case in cases]
    found = asked(AGENT, rows)
    told = [each for each in found if each["expected"]]
    right = sum(each["device"] == each["expected"] for each in told)
    others = [each for each in found if not each["expected"]]
    called_bots = sum(each["device"] == "bot" for each in others)
    silent = sum(each["device"] is None for each in others)
    print(
        f"\ndevices: {right} of {len(told)} ({right / len(told):.3f});"
        f" of {len(others)} other devices {called_bots} are taken for bots, {silent} for nothing"
    )
    assert right / len(told) >= 0.85
    assert called_bots / len(others) < 0.001
    assert silent / len(others) < 0.05


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("column", "file", "names", "floor"),
    [
        ("os", "web_enrichment/test_os.yaml.gz", SYSTEMS, 0.88),
        ("browser", "web_enrichment/test_ua.yaml.gz", BROWSERS, 0.85),
    ],
    ids=["os", "browser"],
)
def test_user_agents__agree_with_public_families(
    shared_data: Path, column: str, file: str, names: dict[str, str], floor: float
) -> None:
    rows = [
        {"source": case["user_agent_string"], "expected": names[case["family"]]}
        for case in _cases(shared_data / file)
        if case["family"] in names
    ]
    found = asked(AGENT, rows)
    wrong = [each for each in found if each[column] != each["expected"]]
    share = 1 - len(wrong) / len(found)
    print(f"\n{column}: {len(found) - len(wrong)} of {len(found)} ({share:.3f})")
    assert share >= floor, Counter((each["expected"], each[column]) for each in wrong).most_common(8)


def _cases(path: Path) -> list[dict[str, Any]]:
    return yaml.load(unpacked(path), Loader=yaml.CSafeLoader)["test_cases"]
