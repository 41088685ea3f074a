"""Samples made up from the names and labels of series.yml, for programs that are not to be had here."""

import itertools
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from dashboards.series import sources

GROWING = ("_total", "_count", "_bucket", "_generation", "_accepted", "_handled")
ORDINARY = {"namespace": "spaces", "node": "node-a", "pod": "pod-a", "container": "app", "class": "nginx"}


def samples(scrape: int) -> Iterator[str]:
    """Yield the lines of one scrape; counters have grown by one since the last."""
    for source in sources():
        if source.needs:
            for name, labels in source.series.items():
                yield from of_one(name, labels, scrape)


def of_one(name: str, labels: str, scrape: int) -> Iterator[str]:
    """Yield a sample for each combination of the values that the labels may have."""
    words = labels.split()
    value = next((word[1:] for word in words if word.startswith("@")), "1")
    offered = []
    for word in words:
        label, _, values = word.partition("=")
        if not word.startswith("@"):
            offered.append([f'{label}="{each}"' for each in (values or ORDINARY.get(label, "some")).split("|")])
    for picked in itertools.product(*offered):
        yield f"{name}{{{','.join(picked)}}} {scrape if name.endswith(GROWING) else value}"


class Exporter:
    """Serves made-up samples on a free port of loopback until it is closed."""

    def __init__(self) -> None:
        counted = itertools.count(1)

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = "\n".join([*samples(next(counted)), ""]).encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 # http.server's name
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = int(self.server.server_address[1])
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
