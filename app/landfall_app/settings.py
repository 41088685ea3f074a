"""The application's settings: read from the environment once, all problems reported together."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

LOG_LEVELS = ("debug", "info", "warning", "error")


class SettingsError(ValueError):
    """One sentence for each setting that cannot be used, one to a line."""


@dataclass(frozen=True)
class Settings:
    """What the application and gunicorn run with; app/README.md says what each means."""

    host: str = "127.0.0.1"
    port: int = 8080
    workers: int = 2
    threads: int = 4
    graceful_seconds: int = 30
    shutdown_delay_seconds: int = 0
    name_max_length: int = 64
    log_level: str = "info"
    version: str = "0.0.0"
    revision: str = "unknown"


def load(environ: Mapping[str, str]) -> Settings:
    """Read the settings from `environ`, for example os.environ; an unset or empty variable means the default.

    Raises SettingsError, which names every variable that cannot be used or is misspelt.
    """
    reader = _Reader(environ)
    default = Settings()
    settings = Settings(
        host=reader.text("APP_HOST", default.host),
        port=reader.number("APP_PORT", default.port, 1, 65535),
        workers=reader.number("APP_WORKERS", default.workers, 1, 64),
        threads=reader.number("APP_THREADS", default.threads, 1, 256),
        graceful_seconds=reader.number("APP_GRACEFUL_SECONDS", default.graceful_seconds, 1, 600),
        shutdown_delay_seconds=reader.number("APP_SHUTDOWN_DELAY_SECONDS", default.shutdown_delay_seconds, 0, 600),
        name_max_length=reader.number("APP_NAME_MAX_LENGTH", default.name_max_length, 1, 256),
        log_level=reader.choice("APP_LOG_LEVEL", default.log_level, LOG_LEVELS),
        version=reader.text("APP_VERSION", default.version),
        revision=reader.text("APP_REVISION", default.revision),
    )
    reader.refuse_misspelt("APP_")
    if reader.problems:
        raise SettingsError("\n".join(reader.problems))
    return settings


class _Reader:
    """Reads variables one by one and collects a sentence for each that is wrong."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._known: set[str] = set()
        self.problems: list[str] = []

    def text(self, name: str, default: str) -> str:
        self._known.add(name)
        return self._environ.get(name, "").strip() or default

    def number(self, name: str, default: int, low: int, high: int) -> int:
        text = self.text(name, str(default))
        if text.isascii() and text.isdecimal() and low <= int(text) <= high:
            return int(text)
        self.problems.append(f"{name} is {text!r}: write a whole number from {low} to {high}, for example {default}.")
        return default

    def choice(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        text = self.text(name, default).lower()
        if text in choices:
            return text
        self.problems.append(f"{name} is {text!r}: write one of {', '.join(choices)}.")
        return default

    def refuse_misspelt(self, prefix: str) -> None:
        """Other variables with the prefix are left alone: the surroundings may have set them for something else."""
        for name in sorted(name for name in self._environ if name.startswith(prefix) and name not in self._known):
            near = difflib.get_close_matches(name, sorted(self._known), n=1, cutoff=0.85)
            if near:
                self.problems.append(f"{name} is no setting: write {near[0]}, or leave it out.")
