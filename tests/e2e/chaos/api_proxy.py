"""A proxy before an API server that refuses, breaks and delays a share of what is asked; the rest goes through."""

import base64
import contextlib
import http.client
import json
import os
import random
import shutil
import socket
import ssl
import struct
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from ansible_collections.landfall.eks.plugins.module_utils.local_cluster import pki

FAULTS = ("429", "500", "reset before it arrives", "reset after it arrived", "delay")
DELAY_SECONDS = 3
HOP_BY_HOP = {"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "host"}
REASONS = {
    429: ("TooManyRequests", "the server has received too many requests and has asked us to try again later"),
    # As the API server puts it where etcd does not answer.
    500: ("", "etcdserver: request timed out"),
}


class Handler(BaseHTTPRequestHandler):
    """Answers one connection's requests, one after another."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        """Say nothing."""

    def _serve(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.owner.asked.append(f"{self.command} {self.path}")
        fault = self.server.owner.draw()
        if fault in {"429", "500"}:
            self._refuse(int(fault))
        elif fault == "reset before it arrives":
            self._reset()
        else:
            if fault == "delay":
                time.sleep(DELAY_SECONDS)
            with contextlib.closing(self.server.owner.upstream()) as upstream:
                answer = self._ask(upstream, body)
                # Its headers say that it took effect; the rest is not read, since a watch has no end.
                if fault == "reset after it arrived":
                    self._reset()
                else:
                    self._pass_on(answer)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _serve  # noqa: N815 http.server's names

    def _ask(self, upstream, body):
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
        upstream.request(self.command, self.path, body=body or None, headers=headers)
        return upstream.getresponse()

    def _pass_on(self, answer):
        self.send_response_only(answer.status, answer.reason)
        length = answer.getheader("Content-Length")
        for name, value in answer.getheaders():
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        if length is None:
            # A watch, whose end nobody knows.
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        while block := answer.read1(1 << 16):
            self.wfile.write(block)
            self.wfile.flush()

    def _refuse(self, code):
        reason, message = REASONS[code]
        status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "code": code}
        content = json.dumps(status | {"message": message}).encode()
        self.send_response_only(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if code == 429:
            self.send_header("Retry-After", "1")
        self.end_headers()
        self.wfile.write(content)

    def _reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        # Without a TLS goodbye, and although the files made of it are still open.
        os.close(self.connection.detach())


class Server(ThreadingHTTPServer):
    """Knows the proxy that it belongs to."""

    daemon_threads = True
    owner: "FaultyApi"

    def handle_error(self, request, client_address):
        """Clients go away when they like, and when they are made to."""


class FaultyApi:
    """The proxy; `kubeconfig` leads through it, `asked` holds the requests, `seen` counts them by what was done."""

    def __init__(self, platform, folder, share, seed):
        """Take the place of a local cluster's API server; `share` of all requests, from 0 to 1, are hurt."""
        self.share, self.seen, self.asked = share, Counter(), []
        self._chance, self._lock = random.Random(seed), threading.Lock()
        shutil.copytree(platform.folder / "cluster" / "pki", folder)
        content = yaml.safe_load((platform.folder / "kubeconfig").read_text())
        cluster, user = content["clusters"][0]["cluster"], content["users"][0]["user"]
        self._address = urlsplit(cluster["server"])
        self._tls = ssl.create_default_context(cadata=_text(cluster, "certificate-authority"))
        files = [folder / name for name in ("client.crt", "client.key")]
        for path, key in zip(files, ("client-certificate", "client-key"), strict=True):
            path.write_text(_text(user, key))
        self._tls.load_cert_chain(*files)
        pki.issue(folder, pki.Leaf("proxy", "proxy", hosts=pki.LOOPBACK))
        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.owner = self
        own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        own.load_cert_chain(folder / "proxy.crt", folder / "proxy.key")
        self._server.socket = own.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        cluster["server"] = f"https://127.0.0.1:{self._server.server_address[1]}"
        self.kubeconfig = folder / "kubeconfig"
        self.kubeconfig.touch(mode=0o600)
        self.kubeconfig.write_text(yaml.safe_dump(content))

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def draw(self):
        """Return the fault of the next request, or nothing."""
        with self._lock:
            fault = self._chance.choice(FAULTS) if self._chance.random() < self.share else ""
            self.seen["requests"] += 1
            self.seen[fault or "unhurt"] += 1
        return fault

    def upstream(self):
        """Return a new connection to the API server itself."""
        return http.client.HTTPSConnection(self._address.hostname, self._address.port, context=self._tls)


def _text(holder, key):
    return (
        base64.b64decode(holder[f"{key}-data"]).decode() if f"{key}-data" in holder else Path(holder[key]).read_text()
    )
