"""An API server of few answers over TLS, which asks for a token of EKS's form and keeps those that it was shown."""

import base64
import json
import ssl
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from ansible_collections.landfall.eks.plugins.module_utils.credentials import certificates

VERSION = {"major": "1", "minor": "35", "gitVersion": "v1.35.4-stub"}
PREFIX = "Bearer k8s-aws-v1."


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        shown = self.headers.get("Authorization", "")
        self.server.tokens.append(shown.removeprefix("Bearer "))
        known = shown.startswith(PREFIX)
        answer = self.server.answers.get(self.path.partition("?")[0], VERSION)
        content = json.dumps(answer if known else {"kind": "Status", "code": 401, "message": "who are you?"}).encode()
        self.send_response(200 if known else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args):
        """Say nothing."""


@contextmanager
def serving(folder):
    """Yield the server, with `tokens` and `answers` by path, and what describe_cluster says of such a cluster."""
    now = datetime.now(UTC)
    authority = certificates.make_ca("stub", now, ("127.0.0.1",))
    leaf = certificates.make_leaf(authority, ("127.0.0.1",), now)
    data = leaf.data
    (folder / "stub.crt").write_text(data["tls.crt"])
    (folder / "stub.key").write_text(data["tls.key"])
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.tokens, server.answers = [], {}
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "stub.crt", folder / "stub.key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    pem = certificates.pem(authority.certificate)
    try:
        yield (
            server,
            {
                "endpoint": f"https://127.0.0.1:{server.server_port}",
                "certificate_authority": base64.b64encode(pem.encode()).decode(),
            },
        )
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
