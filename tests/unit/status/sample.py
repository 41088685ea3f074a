"""A status as a cluster with a little of everything would give it."""

from __future__ import annotations

from typing import Any


def component(release: str, **more: Any) -> dict[str, Any]:
    return {
        "name": "monitoring",
        "release": release,
        "namespace": "monitoring",
        "chart": release,
        "version": "1.2.3",
        "source": "upstream",
        "health": "ready",
        "urls": [],
        "simulated": False,
        "owner": "helm",
        "newest": "1.2.3",
        "newest_why": "",
        "newer": False,
        **more,
    }


def certificate(name: str, days: int | None, state: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "secret": f"{name}/{name}",
        "authority": False,
        "hosts": [f"{name}.example.org"],
        "expires": "2027-11-26",
        "days": days,
        "state": state,
        "note": "",
        **more,
    }


def status(**more: Any) -> dict[str, Any]:
    """Return a cluster on which all is well."""
    return {
        "cluster": "production",
        "time": "2026-11-26T06:00:00Z",
        "kubernetes": "v1.35.4-eks-1",
        "simulated": False,
        "rollout": {"running": False, "holder": "", "since": "", "text": "no rollout is at work"},
        "unverified": [],
        "components": [
            component(
                "argo-cd",
                name="argocd",
                namespace="argocd",
                version="10.1.1",
                newest="10.2.0",
                newer=True,
                urls=["https://k8s-argocd-argocdnl-96e4621085-1.elb.eu-west-1.amazonaws.com"],
            ),
            component(
                "flask-app",
                name="flask_app",
                chart="app/chart",
                version="0a1b2c3d4e5f",
                source="git",
                owner="argocd",
                newest="0.1.0",
                urls=["https://flask.example.org"],
                namespace="flask-app",
            ),
            component(
                "kube-prometheus-stack",
                version="88.5.3",
                newest="not asked",
                newest_why="ghcr.io does not answer",
                urls=["https://grafana.example.org"],
            ),
        ],
        "certificates": [
            certificate("landfall-ca", 3649, "good", authority=True, hosts=[], expires="2036-11-23"),
            certificate("grafana-tls", 364, "good"),
        ],
        "credentials": [
            {
                "service": "Grafana",
                "where": "https://grafana.example.org",
                "user": "admin",
                "created": "2026-11-20T06:00:00Z",
                "age": "6 d",
                "made": True,
            },
        ],
        "addresses": {
            "names": ["flask.example.org", "grafana.example.org"],
            "points": ["k8s-ingress-nginx-0123456789.elb.eu-west-1.amazonaws.com"],
            "others": {"argocd/argocd-nlb": ["k8s-argocd-argocdnl-96e4621085-1.elb.eu-west-1.amazonaws.com"]},
            "zones": [],
            "ips": ["203.0.113.10", "203.0.113.11"],
            "hosts_file": "/etc/hosts",
            "lines": ["203.0.113.10 grafana.example.org"],
            "state": "current",
            "why": "",
        },
        "slos": {
            "state": "asked",
            "why": "",
            "rows": [
                {
                    "slo": "flask-app-availability",
                    "objective": 0.999,
                    "remaining": 0.731,
                    "burn_rate": 0.4,
                    "alerts": 0,
                    "state": "met",
                },
            ],
        },
        **more,
    }


def troubled() -> dict[str, Any]:
    """Return a cluster that needs somebody in every way there is."""
    well = status()
    components = [
        *well["components"][:2],
        {**well["components"][2], "health": "Deployment kube-prometheus-stack-grafana: 0 of 1 replicas available"},
        component(
            "metrics-server", name="metrics_server", version="", source="", owner="nobody", health="not installed"
        ),
    ]
    return status(
        simulated=True,
        components=components,
        certificates=[
            *well["certificates"],
            certificate("kibana-tls", 12, "ends soon"),
            certificate("flask-tls", -3, "ended", expires="2026-11-23"),
            certificate("ingress-tls", 200, "good", note="another one is kept: a run of site.yml delivers it"),
            certificate("odd-tls", None, "unreadable", expires="", hosts=[]),
        ],
        rollout={
            "running": True,
            "holder": "anna@laptop/a1",
            "since": "2026-11-26 05:59:00 UTC",
            "text": "anna@laptop has been at work on this cluster since 2026-11-26 05:59:00 UTC (run a1)",
        },
        addresses={**well["addresses"], "state": "stale", "why": "203.0.113.10 not among the addresses that are live"},
        slos={
            "state": "asked",
            "why": "",
            "rows": [
                {
                    "slo": "flask-app-latency",
                    "objective": 0.99,
                    "remaining": -0.2,
                    "burn_rate": 14.5,
                    "alerts": 2,
                    "state": "overspent",
                },
                {
                    "slo": "pod-readiness",
                    "objective": 0.99,
                    "remaining": 0.4,
                    "burn_rate": None,
                    "alerts": 1,
                    "state": "burning",
                },
                *well["slos"]["rows"],
            ],
        },
    )


def empty() -> dict[str, Any]:
    """Return a cluster on which nothing of ours is."""
    gone = {"version": "", "source": "", "owner": "nobody", "health": "not installed", "urls": [], "newer": False}
    well = status()
    return status(
        components=[{**each, **gone} for each in well["components"]],
        certificates=[],
        credentials=[],
        addresses={
            **{key: [] for key in ("names", "points", "ips", "lines")},
            "others": {},
            "hosts_file": "/etc/hosts",
            "state": "none",
            "why": "",
        },
        slos={"state": "not run", "why": "there is no Service monitoring/kube-prometheus-stack-prometheus", "rows": []},
    )
