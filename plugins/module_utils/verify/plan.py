"""Which checks a cluster gets: those of what is installed there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
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
SHARED_NAMESPACE = "kube-system"

Row = Mapping[str, Any]
"""A check as a component's contract has it: roles/platform/meta/component.yml."""


@dataclass(frozen=True)
class VerifyRequest:
    """What is asked for.

    `status` is what a status wants to know, its releases among it. `hosts` are host names by the release that is behind
    them; `checks` what the components' contracts want tried; `versions` {oldest, newest} of Kubernetes; `send_alerts`
    says whether receivers may be called; `ca` are certificate authorities (PEM) beside the cluster's
    own; `trust_system` adds those of this machine; `seconds` is how long a line, an alert or a first figure may take.
    """

    status: gather.StatusRequest
    hosts: dict[str, str]
    checks: Sequence[Row]
    versions: dict[str, str]
    send_alerts: bool = False
    ca: str = ""
    trust_system: bool = False
    seconds: float = 180


class Plan:
    """The checks of one cluster, made of what was found there when they are listed."""

    def __init__(self, cluster: Cluster, wanted: VerifyRequest) -> None:
        """Look at what is installed."""
        self.cluster, self.wanted, self.ask = cluster, wanted, wanted.status.ask
        self.rows = {each["release"]: each for each in gather.components(cluster, wanted.status)}
        self.keyring: Keyring = read_keyring(cluster, wanted.status.home)
        asked = wanted.status
        self.found = addresses.read_addresses(cluster, asked.cluster, asked.hosts_file, asked.given, asked.ask)
        self.ips = self.found.ips or sorted({line.split()[0] for line in self.found.lines})
        own = self.keyring.ca_certificate
        self.trust = trusting(f"{wanted.ca}\n{own}".strip(), system=wanted.trust_system)
        releases = asked.releases
        self.edge = next((each["name"] for each in releases if each.get("ingress_class")), "")
        """The release that serves the hosts of all others, empty if there is none."""
        self.balancers = {
            each["name"]: f"{each['namespace']}/{each['load_balancer']['service']}"
            for each in releases
            if each.get("load_balancer") and each["name"] != self.edge
        }
        """Services of releases with a load balancer of their own, by release."""
        self.reached = {
            each["name"]: each["load_balancer"].get("host", "") for each in releases if each.get("load_balancer")
        }
        """Names by which people reach those, by release; empty for the one that AWS gave."""

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
        if self._there(self.edge):
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
            if self._there(release) and self._there(self.edge):
                yield self._check("names", host, partial(self._served, host))
                yield self._check("https", host, partial(tls.right_certificate, host, self.ips, self.trust), self.edge)
                yield self._check("plain http", host, partial(tls.plain_http_refused, host, self.ips), self.edge)
        for release in self.balancers:
            for host in self._points(release):
                yield self._check("https", host, partial(self._own_certificate, release, host), release)
                yield self._check("plain http", host, partial(self._own_plain, host), release)

    def _rows(self, kind: str) -> list[Row]:
        """Return the checks of a kind whose release is installed."""
        return [each for each in self.wanted.checks if each["kind"] == kind and self._there(each["release"])]

    def _logins(self) -> Iterator[Check]:
        for row in self._rows("login"):
            release = row["release"]
            behind = (release,) if release in self.balancers else (release, self.edge)
            yield self._check("logins", row["service"], partial(self._log_in, row), *behind)

    def _logs(self) -> Iterator[Check]:
        for store in self._rows("log_store"):
            for request in self._rows("logged_request"):
                if self._there(store["shipper"]):
                    behind = (request["release"], store["shipper"], store["release"], self.edge)
                    look = partial(self._line, store, request)
                    yield self._check("logs", "a line of the application", look, *behind)

    def _metrics(self) -> Iterator[Check]:
        for row in self._rows("metrics"):
            prometheus = Proxied(self.cluster, row["namespace"], row["service"], row["port"])
            own = metrics.monitors(self.cluster, [each for each in self.rows if self._there(each)])
            for release in sorted({each.release for each in own}):
                mine = [each for each in own if each.release == release]
                look = partial(patiently, partial(metrics.scraped, prometheus, mine), self.wanted.seconds)
                yield self._check("metrics", release, look, row["release"], release)

    def _alerts(self) -> Iterator[Check]:
        for row in self._rows("alerts"):
            yield self._check("alerts", "a test alert at each receiver", partial(self._alert, row), row["release"])

    def _autoscaling(self) -> Iterator[Check]:
        for _unused in self._rows("usage"):
            yield Check("autoscaling", "usage of nodes", partial(autoscaling.metrics_api, self.cluster))
        for row in self._rows("autoscaler"):
            namespace = self.rows[row["release"]]["namespace"]
            numbers = partial(autoscaling.right_numbers, self.cluster, namespace, row["name"], row["settings"])
            yield Check("autoscaling", row["release"], partial(patiently, numbers, self.wanted.seconds))

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

    def _points(self, release: str) -> list[str]:
        """Return the host names of a release's own load balancer."""
        return list(self.found.others.get(self.balancers[release], [])) if self._there(release) else []

    def _own_certificate(self, release: str, point: str) -> str:
        return tls.right_certificate(self.reached[release] or point, self.ask(point), self.trust)

    def _own_plain(self, host: str) -> str:
        return tls.plain_http_refused(host, self.ask(host))

    def _log_in(self, row: Row) -> str:
        login = self._login(row["service"])
        return logins.log_in(row, self._site(*self._where(row["release"])), login.user, login.password)

    def _where(self, release: str) -> tuple[str, list[str]]:
        """Return the name by which people reach a release, and its addresses."""
        if release not in self.balancers:
            return self.wanted.hosts.get(release, ""), self.ips
        point = next(iter(self._points(release)), "")
        return (self.reached[release] or point, self.ask(point)) if point else ("", [])

    def _login(self, service: str) -> Login:
        found = [each for each in self.keyring.logins if each.service == service]
        if not found or not found[0].password:
            raise CheckFailedError(f"no password for {service} has been made")
        return found[0]

    def _site(self, host: str, ips: list[str]) -> Site:
        if not host or not ips:
            raise CheckFailedError(f"no address is known for {host or 'it'}")
        return Site(host, direct(ips[0]), self.trust)

    def _line(self, store: Row, request: Row) -> str:
        namespace, login = store["namespace"], self._login(store["service"])
        pod = forwarding.ready_pods(self.cluster, namespace, store["pods"])[0]
        ca = forwarding.secret_text(self.cluster, namespace, store["ca"]["secret"], store["ca"]["key"])
        connect = forwarding.forwarded(self.cluster, namespace, pod, int(store["port"]))
        elasticsearch = logs.Store(
            Site(store["host"], connect, trusting(ca)), (login.user, login.password), store["stream"]
        )
        application = self._site(self.wanted.hosts[request["release"]], self.ips)
        wait = partial(patiently, seconds=self.wanted.seconds)
        return logs.line_found(application, request["path"], elasticsearch, logs.unique_word(), wait)

    def _alert(self, row: Row) -> str:
        if not self.wanted.send_alerts:
            raise NotRunError(alerts.NOT_ASKED, alerts.COMMAND)
        pods = forwarding.ready_pods(self.cluster, row["namespace"], row["pods"])
        replicas = [Proxied(self.cluster, row["namespace"], each, row["port"], "pods") for each in pods]
        wait = partial(patiently, seconds=self.wanted.seconds)
        return alerts.arrive(replicas, row["receivers"], wait)


def _not_here(why: str) -> str:
    raise NotRunError(f"simulated here: {why}", ON_A_REAL_CLUSTER)
