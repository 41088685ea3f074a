"""Namespaces and Leases in memory: versions, conflicts and a clock that tests turn."""

import copy
import itertools
from datetime import UTC, datetime, timedelta

from kubernetes.client.exceptions import ApiException

from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster


class MemoryCluster(Cluster):
    """Keeps namespaces and Leases, and refuses a write that is based on an old version, as the API does."""

    def __init__(self):
        self.objects = {}
        self.versions = itertools.count(1)
        self.before_write = None

    def get(self, api_version, kind, name, namespace=None):
        return copy.deepcopy(self.objects.get((kind, name)))

    def request(self, method, path, *, body=None, query=None, content_type="", accept=""):
        if self.before_write:
            surprise, self.before_write = self.before_write, None
            surprise()
        kind = "Lease" if "/leases" in path else "Namespace"
        name = path.rpartition("/")[2] if method != "POST" else body["metadata"]["name"]
        there = self.objects.get((kind, name))
        if method == "POST" and there:
            raise ApiException(status=409, reason="AlreadyExists")
        if method != "POST" and not there:
            raise ApiException(status=404, reason="NotFound")
        wanted = (body.get("preconditions") or body["metadata"]).get("resourceVersion")
        if there and wanted != there["metadata"]["resourceVersion"]:
            raise ApiException(status=409, reason="Conflict")
        if method == "DELETE":
            return self.objects.pop((kind, name))
        kept = copy.deepcopy(body)
        kept["metadata"]["resourceVersion"] = str(next(self.versions))
        self.objects[kind, name] = kept
        return copy.deepcopy(kept)


class Clock:
    def __init__(self):
        self.now = datetime(2026, 11, 23, 12, tzinfo=UTC)

    def __call__(self):
        return self.now

    def turn(self, seconds):
        self.now += timedelta(seconds=seconds)
