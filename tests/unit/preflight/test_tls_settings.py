"""How the settings on certificates are written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.settings import specs, tls
from ansible_collections.landfall.eks.plugins.module_utils.settings.situation import Situation

ARN = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
FILES = {"certificate": "/etc/a.pem", "key": "/etc/a.key"}
SETTINGS = specs.load_settings(Path(__file__).parents[3] / "roles")
DEFAULTS: dict[str, Any] = {
    "platform_tls_source": "own_ca",
    "platform_tls_certificates": [],
    "platform_tls_acm_certificates": [],
    "platform_tls_domains": [],
}


def said(**values: Any) -> list[str]:
    return list(tls.check_tls(Situation(DEFAULTS | values, SETTINGS, ())))


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"platform_tls_source": "provided", "platform_tls_certificates": [FILES, {"secret": "shop/kibana"}]},
        {"platform_tls_source": "own_ca", "platform_tls_certificates": [FILES]},
        {"platform_tls_source": "acm", "platform_tls_acm_certificates": [ARN]},
        {"platform_tls_domains": ["example.com", "shop.example.net"]},
    ],
)
def test_what_will_do(values: dict[str, Any]) -> None:
    assert said(**values) == []


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (
            {"platform_tls_source": "provided"},
            "platform_tls_source is provided, and platform_tls_certificates is empty",
        ),
        ({"platform_tls_source": "acm"}, "platform_tls_source is acm, and platform_tls_acm_certificates is empty"),
        ({"platform_tls_certificates": [{"key": "/a"}]}, "platform_tls_certificates[0] is to have certificate and key"),
        ({"platform_tls_acm_certificates": ["x"]}, "platform_tls_acm_certificates[0] ('x') is no ARN"),
        ({"platform_tls_domains": ["*.example.com"]}, "platform_tls_domains ('*.example.com') is a wildcard"),
        ({"platform_tls_domains": ["Example.com"]}, "has capital letters: write example.com"),
        ({"platform_tls_domains": ["example.com."]}, "ends in a dot"),
        ({"platform_tls_domains": [f"{'a' * 64}.com"]}, "63 at most"),
        ({"platform_tls_domains": [".".join(["abc"] * 64)]}, "is longer than 253 characters"),
        ({"platform_tls_domains": ["münchen.de"]}, "write xn--mnchen-3ya.de"),
        ({"platform_tls_domains": ["10.0.0.1"]}, "is a number or an address and no name"),
        ({"platform_tls_domains": [""]}, "is empty"),
    ],
)
def test_what_will_not_do(values: dict[str, Any], sentence: str) -> None:
    (problem,) = said(**values)
    assert sentence in problem


def test_a_key_is_never_shown() -> None:
    setting = SETTINGS["platform_tls_certificates"]
    assert setting.secret
    for wrong in ([{"certificate": "/a", "key": 12345678}], [{"kay": "12345678"}], "12345678"):
        _value, problems = specs.check_value(setting, wrong)
        assert problems
        assert not [each for each in problems if "12345678" in each], problems
