"""What is wrong with the receivers that somebody wrote: one sentence each, none of which shows a secret."""

from __future__ import annotations

import difflib
import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.landfall.eks.plugins.module_utils.monitoring.alerting_receivers import (
    COMMON_FIELDS,
    FIELDS,
    NOBODY,
    SEVERITIES,
)

SETTING = "monitoring_receivers"
ROUTING_KEY_LENGTH = 32
"""PagerDuty answers 400 to any other: "Length of 'routing_key' is incorrect (should be 32 characters)" (Events v2)."""
REGIONS = ("us", "eu")
INNER_DOMAINS = ("svc", "local", "internal", "localhost")
"""Last labels of host names that lead nowhere on the internet; `cluster.local` is one of `local`."""

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_KEY = re.compile(rf"[A-Za-z0-9]{{{ROUTING_KEY_LENGTH}}}")
_BOT_TOKEN = re.compile(r"xox(b-|e\.xoxb-)\S+")
_CHANNEL = re.compile(r"#\S+|[CG][A-Z0-9]{8,}")
_HEADER = re.compile(r"[A-Za-z0-9-]+")
_UNSET = "which is what an environment variable that is not set gives: set that variable, or write"

Given = Mapping[str, Any]


def receiver_problems(receivers: Sequence[Given], setting: str = SETTING) -> list[str]:
    """Return a sentence for each problem of monitoring_receivers, or a setting of that form, a list of mappings."""
    problems = [
        f"{setting}[{index}]{_called(each)} {problem}."
        for index, each in enumerate(receivers)
        for problem in _problems(each)
    ]
    return problems + [f"{setting} {problem}." for problem in _repeated(receivers)]


def _called(given: Given) -> str:
    return f" ({given['name']})" if given.get("name") else ""


def _repeated(receivers: Sequence[Given]) -> Iterator[str]:
    names = [each["name"] for each in receivers if each.get("name")]
    for name in sorted({str(name) for name in names if names.count(name) > 1}):
        yield f"has {names.count(name)} receivers of the name {name}: give each a name of its own"


def _problems(given: Given) -> Iterator[str]:
    yield from _name(given)
    kind = given.get("type")
    if kind not in FIELDS:
        what = f"is of the type {kind!r}" if kind else "has no type"
        yield f"{what}: write type: pagerduty, slack or webhook"
        return
    yield from _unknown_fields(given, str(kind))
    yield from _severities(given)
    yield from _BY_TYPE[str(kind)](given)


def _name(given: Given) -> Iterator[str]:
    name = str(given.get("name") or "")
    if not name:
        yield "has no name: write one, such as on-call"
    elif not _NAME.fullmatch(name) or name == NOBODY:
        yield f"has a name that cannot be one: write lower-case letters, digits and inner hyphens, and not {NOBODY}"


def _unknown_fields(given: Given, kind: str) -> Iterator[str]:
    known = [*COMMON_FIELDS, *FIELDS[kind]]
    for field in sorted(str(field) for field in given if field not in known):
        likely = difflib.get_close_matches(field, known, n=1, cutoff=0.7)
        yield f"has {field}, which a receiver of type {kind} has not: write {likely[0] if likely else 'none'} there"


def _severities(given: Given) -> Iterator[str]:
    wanted = given.get("severities")
    if wanted is None:
        return
    if boolean(given.get("heartbeat") or False, strict=False):
        yield "is a heartbeat and has severities: remove them, or write another receiver for alerts"
    elif not wanted:
        yield "has no severities, so that it is never told: write some, or remove the receiver"
    for severity in (each for each in wanted if each not in SEVERITIES):
        yield f"has the severity {severity!r}: write critical, warning or info"


def _pagerduty(given: Given) -> Iterator[str]:
    missing = _missing(given, "routing_key", "the integration key of a PagerDuty service, Events API v2")
    if missing:
        yield missing
    elif not _KEY.fullmatch(str(given["routing_key"])):
        length = len(str(given["routing_key"]))
        yield (
            f"has a routing_key of {length} characters that is none: write the {ROUTING_KEY_LENGTH} letters and digits "
            "of an integration of the kind Events API v2"
        )
    if given.get("region", REGIONS[0]) not in REGIONS:
        yield f"has the region {given['region']!r}: write us, or eu for an account at eu.pagerduty.com"


def _slack(given: Given) -> Iterator[str]:
    if "token" not in given:
        yield from _url(given, "the URL of an incoming webhook")
    elif "url" in given:
        yield "has both url and token: write the URL of an incoming webhook, or the token of a bot"
    else:
        yield from _bot(given)
    channel = given.get("channel")
    if channel and not _CHANNEL.fullmatch(str(channel)):
        yield f"has the channel {channel!r}: write its name with a # before it, such as '#alerts', or its id"


def _bot(given: Given) -> Iterator[str]:
    missing = _missing(given, "token", "the token of a bot")
    if missing:
        yield missing
    elif not _BOT_TOKEN.fullmatch(str(given["token"])):
        yield "has a token that is none of a bot: write one that begins with xoxb-"
    if not given.get("channel"):
        yield "has a token and no channel: write the channel, such as '#alerts', and invite the bot into it"


def _webhook(given: Given) -> Iterator[str]:
    yield from _url(given, "the URL that takes the alerts")
    for secret in ("token", "username", "password"):
        if secret in given and not given[secret]:
            yield f"has an empty {secret}, {_UNSET} it"
    if ("username" in given) != ("password" in given):
        yield "has only one of username and password: write both, or a token"
    elif "token" in given and "username" in given:
        yield "has both a token and a username: write one of them, since there is one Authorization header"
    if "token_type" in given and "token" not in given:
        yield "has a token_type and no token: write the token, or remove the type"
    yield from _headers(given)


def _headers(given: Given) -> Iterator[str]:
    for name, value in (given.get("headers") or {}).items():
        if not _HEADER.fullmatch(str(name)):
            yield f"has the header {name!r}: write letters, digits and hyphens"
        elif str(name).lower() == "authorization":
            yield "has the header Authorization: write token, with token_type, or username and password"
        elif value is None or not str(value):
            yield f"has an empty header {name}, {_UNSET} it"


def _missing(given: Given, field: str, what: str) -> str:
    """Return what to say where a secret is missing; empty if it is there."""
    if field not in given:
        return f"has no {field}: write {what}"
    return "" if given[field] else f"has an empty {field}, {_UNSET} {what}"


def _url(given: Given, what: str) -> Iterator[str]:
    missing = _missing(given, "url", what)
    if missing:
        yield missing
        return
    try:
        url = urlsplit(str(given["url"]))
        host = url.hostname
    except ValueError:
        host = None
    if not host or url.scheme not in {"http", "https"} or re.search(r"[\s{}]", str(given["url"])):
        yield f"has a url that is none: write {what}, which begins with https://"
    elif url.scheme == "http" and not _is_inside(host):
        yield "has a url with http to a public host, where anybody on the way reads the alerts: write https://"


def _is_inside(host: str) -> bool:
    """Whether a host is one of the cluster or of a private network, as far as its name or address tells."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host or host.rpartition(".")[2] in INNER_DOMAINS
    return address.is_private or address.is_loopback


_BY_TYPE: dict[str, Callable[[Given], Iterator[str]]] = {
    "pagerduty": _pagerduty,
    "slack": _slack,
    "webhook": _webhook,
}
