"""What a secret looks like in any text: by its own form, or by the name that stands before it.

For texts of which nobody knows the secrets: logs, events, what programs say. Scanners such as detect-secrets refuse a
commit: they name a line, know one line at a time, and are tuned for source code. Here the rest of the line is needed,
since it says what went wrong.

Who writes these texts may be a stranger: each pattern is bounded where it could be tried again at every character.
"""

from __future__ import annotations

import re
from collections.abc import Callable

MASK = "•••"

_KEYS = "access|account|api|auth|encryption|integration|license|master|private|routing|secret|service|shared|signing"
_WORDS = (
    r"(?:password|passwd|passphrase|(?<![a-z])pass|secret|token|credentials?|cookie|authorization"
    rf"|(?:{_KEYS})[-_]?key(?:[-_]?id)?)"
)
"""Last words of names whose values are secrets, in any case: `clientSecret`, `--api-token`, `AWS_SECRET_ACCESS_KEY`."""
_WORD = re.compile(_WORDS, re.IGNORECASE)
_LAST_WORD = re.compile(rf"{_WORDS}\Z", re.IGNORECASE)
_REFERS = re.compile(r"secret\Z", re.IGNORECASE)
"""What ends so mostly says which Secret is meant: `existingSecret: grafana-admin`."""
_SEGMENT = re.compile(r"[a-z]+\d{0,3}|\d{1,3}")
_NOTHING = re.compile(
    r"true|false|null|nil|none|~|<none>|\(none\)|\$\w+|\$[({]\w+[)}]?|\{\{.*", re.IGNORECASE | re.DOTALL
)
"""Values that are none: booleans, and references to what stands elsewhere."""

_REFUSAL = r"(?:Invalid (?:value|type)|Required value|Unsupported value|Duplicate value|Forbidden|Too (?:long|many))\b"
"""How the API server begins what is wrong with a field (k8s.io/apimachinery, pkg/util/validation/field/errors.go)."""
_QUOTED = r"\"(?:\\.|[^\"\\\n])*\"?|'[^'\n]*'?"
_BLOCK = re.compile(
    rf"^(?P<indent>[ \t]*)(?P<head>(?:-[ \t]+)?[\"']?[\w./-]*?{_WORDS}[\"']?[ \t]*:[ \t]*[|>][-+0-9]*)[ \t]*\n"
    r"(?:(?P=indent)[ \t]+\S.*(?:\n|\Z)|[ \t]*\n)+",
    re.IGNORECASE | re.MULTILINE,
)
_LINE = re.compile(
    rf"^(?P<head>[ \t]*(?:-[ \t]+)?[\"']?(?!-)[\w./-]*?(?P<key>{_WORDS})[\"']?[ \t]*[:=][ \t]*)"
    rf"(?!{_REFUSAL})(?P<value>[^\s{{\[|>&*].*)$",
    re.IGNORECASE | re.MULTILINE,
)
_INLINE = re.compile(
    rf"(?P<head>(?P<key>{_WORDS})\\*[\"']?[ \t]*(?P<sign>=>?|:)[ \t]*)"
    rf"(?!{_REFUSAL})(?P<value>\\+\".*?\\+\"|{_QUOTED}|[^\s\"'{{(\[<>|&,;)\]}}][^\s\"'&]*)",
    re.IGNORECASE,
)
_REFUSED = re.compile(
    rf"(?P<head>(?P<key>{_WORDS}): (?:Invalid|Unsupported|Duplicate) value: )(?P<value>{_QUOTED}|\S+)", re.IGNORECASE
)
_FLAG = re.compile(
    rf"(?P<head>(?<![\w-])--?[\w.-]{{0,60}}?(?P<key>{_WORDS})(?:[ \t]+|[\"'],\s*))"
    rf"(?P<value>{_QUOTED}|[^\s\"'-]\S*)",
    re.IGNORECASE,
)
_USER_FLAG = re.compile(
    r"((?<![\w-])(?:-u|--user|--proxy-user)[ =]+[\"']?(?!\d+:)[^\s:\"'@]{1,200}:)[^\s\"']+",
)
_LOGIN = re.compile(
    r"(?P<scheme>\b[a-z][a-z0-9+.-]{0,30}://)(?P<login>[^\s/?#\"'<>\\]{1,500})@",
    re.IGNORECASE,
)
_ODD_LOGIN = re.compile(
    r"(\b[a-z][a-z0-9+.-]{0,30}://[^\s/:@\"'<>\[]{1,200}:)(?!\d+[/?#])[^\s\"'<>@]{1,200}@",
    re.IGNORECASE,
)
"""A password with a character that belongs in no login, such as `/`; a port is none."""
_SCHEME = re.compile(r"\b(?P<head>(?:bearer|basic|apikey)[ \t]+)(?P<value>[\w+/.~=-]{8,})", re.IGNORECASE)
_HOOKS = re.compile(
    r"(\bhttps?://(?:hooks\.[\w.-]{1,200}(?::\d+)?/|[\w-]{1,63}\.webhook\.office\.com/"
    r"|outlook\.office(?:365)?\.com/webhook/|(?:\w{1,63}\.)?discord(?:app)?\.com/api/webhooks/"
    r"|api\.telegram\.org/bot|events\.(?:eu\.)?pagerduty\.com/integration/|chat\.googleapis\.com/v1/spaces/"
    r"|[^\s\"'<>/]{1,200}/(?:[^\s\"'<>?#]{0,200}/)?(?:web)?hooks/))([^\s\"'<>)\]},;]+)",
    re.IGNORECASE,
)
"""Addresses that take messages from anybody who knows them: Slack, Teams, Discord, Telegram, PagerDuty, Google Chat,
and paths that say so."""
_PRIVATE_KEY = re.compile(
    r"(-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY-----)(?:.*?(-----END [A-Z0-9 ]{0,30}PRIVATE KEY-----)|.*)", re.DOTALL
)
_FORMS = re.compile(
    r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"  # JSON Web Tokens
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"  # access keys of AWS
    r"|\bgh[pousr]_\w{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{16,}"
    r"|\bxox[a-z](?:\.xox[a-z])?-[\w-]{8,}|\bxapp-[\w-]{8,}"
    r"|\bhv[sbr]\.[\w-]{20,}|\bAIza[\w-]{30,}|\bya29\.[\w-]{20,}|\bage-secret-key-1\w{20,}",
    re.IGNORECASE,
)
"""Formats of tokens that their makers mark."""

_Rule = tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]  # pylint: disable=unsupported-binary-operation


def is_telling(name: str) -> bool:
    """Say whether a name is that of a secret, by its last word.

    >>> is_telling("clientSecret"), is_telling("--api-token"), is_telling("secretName")
    (True, True, False)
    """
    return _LAST_WORD.search(name) is not None


def is_plain(text: str) -> bool:
    """Say whether a text is a word or a name such as people write in lower case, and no program makes as a secret.

    >>> is_plain("kube-system"), is_plain("argocd-v2"), is_plain("hunter2hunter2")
    (True, True, False)
    """
    return text[:2].isalpha() and all(_SEGMENT.fullmatch(each) for each in re.split(r"[-._/]", text))


def hides(name: str, value: str) -> bool:
    """Say whether a field's value is a secret by the field's name; what only says which Secret is meant is none."""
    return is_telling(name) and not _says_nothing(name, value)


def masked(text: str) -> str:
    """Return a text without what looks like a secret in it.

    >>> masked("get https://me:pw@example.org/a?token=abc failed: --api-token=xyz")
    'get https://me:•••@example.org/a?token=••• failed: --api-token=•••'
    """
    rules = [*_BY_FORM, *(_IN_URLS if "://" in text else ()), *(_BY_NAME if _WORD.search(text) else ())]
    for pattern, replaced in rules:
        text = pattern.sub(replaced, text)
    return text


def without_logins(text: str) -> str:
    """Return a text whose URLs have no password in them.

    >>> without_logins("https://me:pw@example.org, ssh://git@example.org")
    'https://me:•••@example.org, ssh://git@example.org'
    """
    return _ODD_LOGIN.sub(rf"\1{MASK}@", _LOGIN.sub(_of_login, text))


def _says_nothing(name: str, value: str) -> bool:
    bare = value.strip("\"'")
    named = _REFERS.search(name) is not None and all(is_plain(each) for each in bare.split())
    return not bare or _NOTHING.fullmatch(bare) is not None or named


def _of_pair(found: re.Match[str]) -> str:
    """Mask the value of a pair, but not the quotes and brackets around it."""
    head, key, value = found["head"], found["key"], found["value"]
    core = value if value[0] in "\"'\\" else value.rstrip(",;)]}")
    if _says_nothing(key, core) or (_is_prose(found) and is_plain(core) and "pass" not in key.lower()):
        return found[0]
    whole = value.rstrip(",; ")
    if quoted := re.fullmatch(r"(\\*[\"'])(.*)\1", whole, re.DOTALL):
        return f"{head}{quoted[1]}{MASK}{quoted[1]}{value[len(whole) :]}"
    return f"{head}{MASK}{value[len(core) :]}"


def _is_prose(found: re.Match[str]) -> bool:
    """Say whether a pair may be a part of a sentence, such as `invalid token: expired`."""
    return found.re is _INLINE and found["sign"] == ":" and found["head"].endswith(" ")


def _of_login(found: re.Match[str]) -> str:
    user, colon, _password = found["login"].partition(":")
    shown = user if is_plain(user) else MASK
    return f"{found['scheme']}{shown}{colon}{MASK if colon else ''}@"


def _of_hook(found: re.Match[str]) -> str:
    return found[0] if is_plain(found[2]) else f"{found[1]}{MASK}"


def _of_scheme(found: re.Match[str]) -> str:
    return found[0] if is_plain(found["value"].lower()) else f"{found['head']}{MASK}"


def _of_key(found: re.Match[str]) -> str:
    return f"{found[1]}{MASK}{found[2] or ''}"


_BY_FORM: tuple[_Rule, ...] = (
    (_PRIVATE_KEY, _of_key),
    (_FORMS, MASK),
    (_SCHEME, _of_scheme),
    (_USER_FLAG, rf"\1{MASK}"),
)
_IN_URLS: tuple[_Rule, ...] = ((_LOGIN, _of_login), (_ODD_LOGIN, rf"\1{MASK}@"), (_HOOKS, _of_hook))
_BY_NAME: tuple[_Rule, ...] = (
    (_BLOCK, rf"\g<indent>\g<head>\n\g<indent>  {MASK}\n"),
    (_REFUSED, _of_pair),
    (_LINE, _of_pair),
    (_FLAG, _of_pair),
    (_INLINE, _of_pair),
)
