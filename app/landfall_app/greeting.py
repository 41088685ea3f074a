"""Who may be greeted, and how."""

import unicodedata

# What werkzeug puts where a path's bytes are not UTF-8.
REPLACEMENT_CHARACTER = "\N{REPLACEMENT CHARACTER}"


def name_problem(name: str, max_length: int) -> str | None:
    """Say in a sentence why `name` cannot be greeted, or None when it can."""
    if len(name) > max_length:
        return f"The name has {len(name)} characters: write at most {max_length}."
    if not name.strip():
        return "The name is empty: write at least one letter."
    if any(unicodedata.category(char) == "Cc" for char in name):
        return "The name has a control character in it: leave it out."
    if REPLACEMENT_CHARACTER in name:
        return "The name is not UTF-8: percent-encode its UTF-8 bytes."
    return None


def greet(name: str) -> str:
    """Return the greeting for `name`, unescaped."""
    return f"Hello, {name}!"
