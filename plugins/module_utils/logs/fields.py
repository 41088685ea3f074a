"""The fields of a stored log line: a mapping that no line can contradict, and what fills it."""

from __future__ import annotations

from typing import Any

KEYWORD_CHARACTERS = 1024
"""Longer values stay readable but are not searched; a term of more than 32766 bytes would refuse its document."""
DEPTH = 64
"""Nesting of an application's JSON from which on Elasticsearch would refuse a line; its own default is 20."""

_KEYWORD = {"type": "keyword", "ignore_above": KEYWORD_CHARACTERS}
_OF_A_POD = ("namespace_name", "pod_name", "pod_id", "container_name", "container_image", "host")
_ANY_SHAPE = {"type": "flattened", "ignore_above": KEYWORD_CHARACTERS, "depth_limit": DEPTH}


def mappings() -> dict[str, Any]:
    """Return the mapping of both data streams.

    Nothing is mapped by what arrives (`dynamic: false`), and what applications name themselves, labels and the JSON
    they log, is `flattened`: a string today and an object tomorrow, dots in names, and thousands of names all fit.
    """
    return {
        "dynamic": False,
        "properties": {
            # Nanoseconds keep the lines of one millisecond in their order.
            "@timestamp": {"type": "date_nanos"},
            "message": {"type": "match_only_text"},
            "level": _KEYWORD,
            "stream": _KEYWORD,
            "node": _KEYWORD,
            "kubernetes": {
                "properties": {
                    **dict.fromkeys(
                        ("namespace_name", "pod_name", "container_name", "container_image", "host", "pod_id"), _KEYWORD
                    ),
                    "labels": _ANY_SHAPE,
                }
            },
            "app": _ANY_SHAPE,
            "http": {
                "properties": {
                    "method": _KEYWORD,
                    "path": _KEYWORD,
                    "status": {"type": "integer", "ignore_malformed": True},
                    "seconds": {"type": "double", "ignore_malformed": True},
                }
            },
            # Of the node's own journal.
            "systemd_unit": _KEYWORD,
            "syslog_identifier": _KEYWORD,
            "priority": _KEYWORD,
        },
    }


LEVEL_FIELDS = ["level", "log.level", "severity", "levelname", "lvl"]
"""Where applications say how bad it is, first come first; log.level is ECS, with the dot in its name."""

LEVELS = {
    **dict.fromkeys(("trace", "10", "20", "7"), "debug"),
    **dict.fromkeys(("information", "notice", "30", "6", "5", "i"), "info"),
    **dict.fromkeys(("warn", "40", "4", "w"), "warning"),
    **dict.fromkeys(("err", "50", "3", "e"), "error"),
    **dict.fromkeys(
        ("fatal", "crit", "panic", "alert", "emerg", "emergency", "60", "2", "1", "0", "f"),
        "critical",
    ),
}
"""One word for each level: other names, numbers of pino and bunyan, of the journal, and the letters of klog."""

_SCRIPT = """
def level = null;
def app = ctx['app'];
if (app instanceof Map) {
  for (def name : params.fields) {
    def said = app.get(name);
    if (said instanceof String || said instanceof Number) { level = said.toString(); break; }
  }
  def http = [:];
  for (def name : params.numbers) { def said = app.get(name); if (said instanceof Number) { http[name] = said; } }
  for (def name : params.texts) { def said = app.get(name); if (said instanceof String) { http[name] = said; } }
  if (!http.isEmpty()) { ctx['http'] = http; }
} else if (ctx['priority'] instanceof String) {
  level = ctx['priority'];
}
def text = ctx['message'];
if (level == null && text instanceof String) {
  int length = text.length();
  int at = text.indexOf('level=');
  if (at == 0 || (at > 0 && text.charAt(at - 1) == (char)' ')) {
    int start = at + 6;
    if (start < length && text.charAt(start) == (char)'"') { start += 1; }
    int end = start;
    while (end < length && Character.isLetter(text.charAt(end))) { end += 1; }
    level = text.substring(start, end);
  } else if (length > 5 && text.charAt(5) == (char)' ' && 'IWEF'.indexOf(text.substring(0, 1)) >= 0) {
    boolean klog = true;
    for (int digit = 1; digit < 5; digit++) { if (!Character.isDigit(text.charAt(digit))) { klog = false; } }
    if (klog) { level = text.substring(0, 1); }
  }
}
if (level != null && level.length() > 0) {
  level = level.toLowerCase(Locale.ROOT);
  ctx['level'] = params.levels.containsKey(level) ? params.levels[level] : level;
}
"""


def pipeline() -> dict[str, Any]:
    """Return the ingest pipeline: applications' JSON below `app`, one word for the level, an access log's numbers.

    It refuses no line: a text that is no JSON after all, and what the script cannot read, stay as they came, the latter
    marked with the tag `unread`. The line itself stays in `message`, whole.
    """
    json = {
        "if": "ctx.message instanceof String && ctx.message.startsWith('{')",
        "field": "message",
        "target_field": "app",
        # Loggers do that, and of one that did nothing of the line would be read.
        "allow_duplicate_keys": True,
        "ignore_failure": True,
    }
    script = {
        "lang": "painless",
        "source": " ".join(_SCRIPT.split()),
        "params": {
            "fields": LEVEL_FIELDS,
            "levels": LEVELS,
            "numbers": ["status", "seconds"],
            "texts": ["method", "path"],
        },
        "on_failure": [{"append": {"field": "tags", "value": ["unread"]}}],
    }
    description = "Landfall: JSON, level and request fields of log lines"
    return {"description": description, "processors": [{"json": json}, {"script": script}]}
