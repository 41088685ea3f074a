"""Headers that are the same for every answer: security's, and that it depends on what the client accepts."""

import base64
import hashlib
from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from secure import Secure
from secure.headers import (
    CacheControl,
    ContentSecurityPolicy,
    CrossOriginResourcePolicy,
    ReferrerPolicy,
    StrictTransportSecurity,
    XContentTypeOptions,
    XFrameOptions,
)

YEAR_SECONDS = 31536000


def headers(style: str) -> list[tuple[str, str]]:
    """Return the headers for pages whose only resource is the stylesheet `style`, which stands in the page itself.

    No Permissions-Policy and no Cross-Origin-Opener-Policy: they are for pages with scripts, which the policy forbids.
    """
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = (
        ContentSecurityPolicy()
        .default_src("'none'")
        .style_src(f"'sha256-{digest}'")
        .img_src("data:")
        .base_uri("'none'")
        .form_action("'none'")
        .frame_ancestors("'none'")
    )
    secure = Secure(
        cache=CacheControl().no_store(),
        corp=CrossOriginResourcePolicy().same_origin(),
        csp=policy,
        # Browsers heed it over HTTPS alone.
        hsts=StrictTransportSecurity().max_age(YEAR_SECONDS),
        referrer=ReferrerPolicy().no_referrer(),
        xcto=XContentTypeOptions().nosniff(),
        xfo=XFrameOptions().deny(),
    )
    return [*secure.validate_and_normalize_headers().header_items(), ("Vary", "Accept")]


def hardened(application: WSGIApplication, style: str) -> WSGIApplication:
    """Wrap `application`: every answer gets the headers, which are made once."""
    fixed = headers(style)

    def call(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, own: list[tuple[str, str]], *error: Any) -> Any:
            return start_response(status, own + fixed, *error)

        return application(environ, start)

    return call
