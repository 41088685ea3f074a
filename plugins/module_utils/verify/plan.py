"""Which checks a cluster gets: those of what is installed there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.credentials.logins import (
    Keyring,
    Login,
    read_keyring,
)
from ansible_collections.landfall.eks.plugins.module_utils.hosts import resolve
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster
from ansible_collections.landfall.eks.plugins.module_utils.kube.proxy import Proxied
from ansible_collections.landfall.eks.plugins.module_utils.status import addresses, gather
from ansible_collections.landfall.eks.plugins.module_utils.verify import (
    alerts,
    autoscaling,
    forwarding,
    logins,
    logs,
    metrics,
    objects,
    tls,
)
from ansible_collections.landfall.eks.plugins.module_utils.verify.model import (
    Check,
    CheckFailedError,
    NotRunError,
    patiently,
)
from ansible_collections.landfall.eks.plugins.module_utils.verify.site import Site, direct, trusting

ON_A_REAL_CLUSTER = "ansible-playbook -i inventories/eks playbooks/verify.yml"
INGRESS, STACK, MONITORING, ARGOCD, FLASK, SHIPPER = (
    "nginx-ingress",
    "eck-stack",
    "kube-prometheus-stack",
    "argo-cd",
    "flask-app",
    "fluent-bit",
)
SERVICES = {MONITORING: "Grafana", STACK: "Kibana, Elasticsearch", ARGOCD: "Argo CD"}
"""What the logins of a release say of themselves (`login.service` in the roles' lists of credentials)."""
TRIES: dict[str, Callable[[Site, str, str], str]] = {
    MONITORING: logins.grafana,
    STACK: logins.kibana,
    ARGOCD: logins.argocd,
}
SHARED_NAMESPACE = "kube-system"
ALERTMANAGER = "app.kubernetes.io/name=alertmanager"
ELASTICSEARCH = "elasticsearch.k8s.elastic.co/cluster-name=elasticsearch"


@dataclass(frozen=True)
class Wanted:
    """What is asked for.

    `status` is what a status wants to know. `hosts` are host names by the release that is behind them; `namespaces`
    those of monitoring, efk and argocd; `versions` {oldest, newest} of Kubernetes; `autoscaling` the values of the
    Flask application's chart; `receivers` rows of {name, type, severities}; `send_alerts` says whether they may be
    called; `ca` are further authorities (PEM) in the place of the cluster's own; `seconds` is how long a line, an alert
    or a first figure may take.
    """

    status: gather.Wanted
    hosts: dict[str, str]
    namespaces: dict[str, str]
    versions: dict[str, str]
    autoscaling: dict[str, Any]
    receivers: list[dict[str, Any]] = field(default_factory=list)
    send_alerts: bool = False
    ca: str = ""
    seconds: float = 180


class Plan:
    """The checks of one cluster, made of what was found there when they are listed."""

    def __init__(self, cluster: Cluster, wanted: Wanted) -> None:
        """Look at what is installed."""
        self.cluster, self.wanted, self.ask = cluster, wanted, wanted.status.ask
        self.rows = {each["release"]: each for each in gather.components(cluster, wanted.status)}
        self.keyring: Keyring = read_keyring(cluster, wanted.status.home)
        asked = wanted.status
        self.found = addresses.look(cluster, asked.cluster, asked.hosts_file, asked.given, asked.ask)
        self.ips = self.found.ips or sorted({line.split()[0] for line in self.found.lines})
        self.trust = trusting(wanted.ca or self.keyring.ca_certificate)

    def secrets(self) -> set[str]:
        """Return what must not be shown, whatever an answer repeats."""
        return {each.password for each in self.keyring.logins if each.password}

    def checks(self) -> list[Check]:
        """Return all checks, in the order in which a person would look."""
        return [
            *self._cluster(),
            *self._https(),
            *self._logins(),
            *self._logs(),
            *self._metrics(),
            *self._alerts(),
            *self._autoscaling(),
        ]

    def _cluster(self) -> Iterator[Check]:
        versions = self.wanted.versions
        yield Check(
            "cluster", "version", partial(objects.version, self.cluster, versions["oldest"], versions["newest"])
        )
        for release, row in self.rows.items():
            yield Check("components", release, partial(objects.ready, row))
        yield from self._endpoints()
        if self._there(INGRESS):
            yield Check("names", "hosts file and DNS", partial(objects.names_agree, self.found, resolve.lookup))

    def _endpoints(self) -> Iterator[Check]:
        there = [each for each in self.rows.values() if self._there(each["release"])]
        own = {each["namespace"] for each in there} - {SHARED_NAMESPACE}
        services = objects.leading(self.cluster, [each["release"] for each in there], own)
        # Pods that an operator's own process would make are not there where that is simulated.
        nowhere = objects.without_pods(self.cluster, services) if self.wanted.status.simulated else []
        for namespace in sorted({each["metadata"]["namespace"] for each in services}):
            here = [each for each in services if each["metadata"]["namespace"] == namespace]
            led = [each for each in here if each not in nowhere]
            if led:
                yield Check("endpoints", namespace, partial(objects.endpoints, self.cluster, led))
            for each in here:
                if each in nowhere:
                    name = f"{namespace}, {each['metadata']['name']}"
                    yield Check("endpoints", name, partial(_not_here, "nothing makes its pods"))

    def _https(self) -> Iterator[Check]:
        for release, host in self.wanted.hosts.items():
            if self._there(release) and self._there(INGRESS):
                yield self._check("names", host, partial(self._served, host))
                yield self._check("https", host, partial(tls.right_certificate, host, self.ips, self.trust), INGRESS)
                yield self._check("plain http", host, partial(tls.plain_http_refused, host, self.ips), INGRESS)
        for host in self._argocd_points():
            yield self._check("https", host, partial(self._argocd_certificate, host), ARGOCD)
            yield self._check("plain http", host, partial(self._argocd_plain, host), ARGOCD)

    def _logins(self) -> Iterator[Check]:
        for release, service in SERVICES.items():
            if self._there(release):
                behind = (release,) if release == ARGOCD else (release, INGRESS)
                yield self._check("logins", service, partial(self._log_in, release), *behind)

    def _logs(self) -> Iterator[Check]:
        if self._there(STACK) and self._there(FLASK) and self._there(SHIPPER):
            yield self._check("logs", "a line of the application", self._line, FLASK, SHIPPER, STACK, INGRESS)

    def _metrics(self) -> Iterator[Check]:
        if not self._there(MONITORING):
            return
        prometheus = Proxied(self.cluster, **self.wanted.status.prometheus)
        own = metrics.monitors(self.cluster, [each for each in self.rows if self._there(each)])
        for release in sorted({each.release for each in own}):
            mine = [each for each in own if each.release == release]
            look = partial(patiently, partial(metrics.scraped, prometheus, mine), self.wanted.seconds)
            yield self._check("metrics", release, look, MONITORING, release)

    def _alerts(self) -> Iterator[Check]:
        if self._there(MONITORING):
            yield self._check("alerts", "a test alert at each receiver", self._alert, MONITORING)

    def _autoscaling(self) -> Iterator[Check]:
        if self._there("metrics-server"):
            yield Check("autoscaling", "usage of nodes", partial(autoscaling.metrics_api, self.cluster))
        if self._there(FLASK):
            row = self.rows[FLASK]
            numbers = partial(autoscaling.right_numbers, self.cluster, row["namespace"], FLASK, self.wanted.autoscaling)
            yield Check("autoscaling", "flask-app", partial(patiently, numbers, self.wanted.seconds))

    def _check(self, group: str, name: str, run: Callable[[], str], *behind: str) -> Check:
        """Return a check that is not run where a release of `behind`, which it needs to run, is simulated."""
        simulated = [each for each in behind if self.rows.get(each, {}).get("simulated")]
        why = f"no container of {', '.join(dict.fromkeys(simulated))} runs"
        return Check(group, name, partial(_not_here, why) if simulated else run)

    def _there(self, release: str) -> bool:
        return release in self.rows and self.rows[release]["health"] != gather.ABSENT

    def _served(self, host: str) -> str:
        if host not in self.found.names:
            raise CheckFailedError(f"no Ingress names {host}")
        return f"an Ingress leads it to {', '.join(self.found.points) or 'no load balancer yet'}"

    def _argocd_points(self) -> list[str]:
        if not self._there(ARGOCD):
            return []
        namespace = self.wanted.namespaces["argocd"]
        return [
            point for name, points in self.found.others.items() if name.startswith(f"{namespace}/") for point in points
        ]

    def _argocd_certificate(self, host: str) -> str:
        return tls.right_certificate(host, self.ask(host), self.trust)

    def _argocd_plain(self, host: str) -> str:
        return tls.plain_http_refused(host, self.ask(host))

    def _log_in(self, release: str) -> str:
        login = self._login(release)
        host = (
            self._argocd_points()[0]
            if release == ARGOCD and self._argocd_points()
            else self.wanted.hosts.get(release, "")
        )
        ips = self.ask(host) if release == ARGOCD else self.ips
        return TRIES[release](self._site(host, ips), login.user, login.password)

    def _login(self, release: str) -> Login:
        found = [each for each in self.keyring.logins if each.service == SERVICES[release]]
        if not found or not found[0].password:
            raise CheckFailedError(f"no password for {SERVICES[release]} has been made")
        return found[0]

    def _site(self, host: str, ips: list[str]) -> Site:
        if not host or not ips:
            raise CheckFailedError(f"no address is known for {host or 'it'}")
        return Site(host, direct(ips[0]), self.trust)

    def _line(self) -> str:
        namespace, login = self.wanted.namespaces["efk"], self._login(STACK)
        pod = forwarding.ready_pods(self.cluster, namespace, ELASTICSEARCH)[0]
        ca = forwarding.secret_text(self.cluster, namespace, "elasticsearch-es-http-certs-public", "ca.crt")
        elasticsearch = Site(
            f"elasticsearch-es-http.{namespace}.svc",
            forwarding.forwarded(self.cluster, namespace, pod, 9200),
            trusting(ca),
        )
        application = self._site(self.wanted.hosts[FLASK], self.ips)
        wait = partial(patiently, seconds=self.wanted.seconds)
        return logs.line_found(application, elasticsearch, (login.user, login.password), logs.unique_word(), wait)

    def _alert(self) -> str:
        if not self.wanted.send_alerts:
            raise NotRunError(alerts.NOT_ASKED, alerts.COMMAND)
        namespace = self.wanted.namespaces["monitoring"]
        pods = forwarding.ready_pods(self.cluster, namespace, ALERTMANAGER)
        replicas = [Proxied(self.cluster, namespace, each, "9093", "pods") for each in pods]
        wait = partial(patiently, seconds=self.wanted.seconds)
        return alerts.arrive(replicas, self.wanted.receivers, wait)


def _not_here(why: str) -> str:
    raise NotRunError(f"simulated here: {why}", ON_A_REAL_CLUSTER)
