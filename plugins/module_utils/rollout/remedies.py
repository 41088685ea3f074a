"""What to do about a cause: the first row whose pattern is found in the cluster's or Helm's words."""

from __future__ import annotations

import re

PASSING = re.compile(
    # The connection, as Go's net and net/http put it.
    r'connection (refused|reset by peer)|broken pipe|": (unexpected )?EOF|i/o timeout|TLS handshake timeout'
    r"|Client\.Timeout exceeded|no route to host|network is unreachable|server closed idle connection"
    r"|http2: (client connection lost|server sent GOAWAY)|stream error: stream ID"
    # 429 and 5xx: the sentences of apimachinery, which Helm repeats without the numbers.
    r"|too many requests|an error on the server|currently unable to handle the request"
    r"|unable to return a response in the time allotted|request did not complete within|Internal error occurred"
    # etcd, and two writers of one object.
    r"|etcdserver: (leader changed|no leader|request timed out)|the object has been modified"
    # A webhook whose pods are not there yet.
    r"|failed calling webhook"
    # A watch that Helm gave up before it saw anything: `wait` in its pkg/kube/statuswait.go.
    r"|not ready\. status: Unknown"
)
"""Errors of Helm that may pass; module passing says which of them do not."""

REMEDIES: tuple[tuple[str, str], ...] = (
    # Admission: what the API server does not take.
    (r"exceeded quota", "raise the ResourceQuota of the namespace, or ask for less"),
    (
        r"violates PodSecurity",
        "give the pod the securityContext that it lacks, or label the namespace for a lower level",
    ),
    (
        r"(maximum|minimum) (cpu|memory|storage)\b.* usage per|must be less than or equal to \w+ limit",
        "set requests and limits inside the LimitRange",
    ),
    (r"serviceaccount .* not found", "make the ServiceAccount, or correct its name in the values"),
    (r"failed calling webhook", "bring the webhook's pods up, or delete its configuration if its owner is gone"),
    (r"denied (the )?request", "change what the policy names, or ask its owner for an exception"),
    (r"metadata\.annotations: Too long", "shorten the annotations of that object: together they may take 256 KiB"),
    (
        r"(\bdata|\[\]): Too long|Request entity too large|request is too large|message larger than max",
        "move large texts from the values into ConfigMaps of your own: Helm keeps a release in one Secret of 1 MiB",
    ),
    (r"is immutable", "take the old value again, or delete that object first: it cannot be changed in place"),
    (
        r"may not be specified when strategy",
        "keep RollingUpdate in the values: with maxSurge 0 and maxUnavailable 1 the old pod goes first, too",
    ),
    (r"no matches for kind", "install what brings that kind, or switch the part that uses it off"),
    (r"being terminated", "wait until the namespace is gone; `kubectl get namespace -o yaml` says what holds it"),
    (r"port is already allocated", "choose another nodePort, or leave it to the cluster"),
    (r"invalid ownership metadata", "delete or rename the object that others made, or let the release adopt it"),
    (
        r"[Aa]pply failed with \d+ conflict|conflict occurred",
        "undo the change made by hand: its manager owns that field now",
    ),
    (r"is forbidden: User", "give the user of the kubeconfig that right, or take another one"),
    (r"hooks? .*(failed|DeadlineExceeded)|hook Job", "look at the hook's Job and its pod in the evidence"),
    # Volumes.
    (r"storageclass.* not found", "set platform_storage_class to a class that `kubectl get storageclass` shows"),
    (r"no storage class is set", "set platform_storage_class, or make a StorageClass the default one"),
    (r"[Ww]aiting for a volume to be created", "install the EBS CSI driver, or look why its controller does not run"),
    (
        r"UnauthorizedOperation|AccessDenied",
        "give the role of the controller that is named the AWS right that it lacks",
    ),
    (r"persistentvolumeclaim .* not found", "make the claim, or correct its name in the values"),
    (r"Multi-Attach", "let the old pod end first (strategy Recreate): the volume is attached to one node at a time"),
    (
        r"PersistentVolume's node affinity|volume node affinity",
        "add a node in the zone of the volume, or restore it into another",
    ),
    # Load balancers; before images, whose numbers may be in the id of a request.
    (
        r"resolve at least one subnet",
        "tag the subnets kubernetes.io/role/elb (or internal-elb), or set ingress_subnets",
    ),
    (
        r"unsupported v6 cidr",
        "write IPv4 networks alone into *_allowed_cidrs: until then its old rules stay in force",
    ),
    (
        r"Failed(Build|Deploy)Model",
        "correct what it names in the settings or the account: until then the load balancer stays as it was",
    ),
    # Scheduling.
    (
        r"Insufficient (cpu|memory|pods)",
        "add nodes or larger ones, or lower the requests (efk_size, <role>_<chart>_values)",
    ),
    (
        r"Too many pods",
        "add nodes, or nodes that take more pods; a DaemonSet stays off a node by an affinity in <role>_<chart>_values",
    ),
    (
        r"didn't have free ports",
        "stop what has that port of the nodes, or choose another one in <role>_<chart>_values",
    ),
    (r"untolerated taint", "give the pod a toleration, or take the taint off a node"),
    (r"node affinity/selector", "label a node as the pod wants it, or change its nodeSelector or affinity"),
    (r"anti-affinity|topology spread", "add nodes or zones, or want fewer replicas"),
    # Images and containers.
    (r"toomanyrequests|pull rate limit", "pull with an account or from a mirror, or try again when the limit is over"),
    (r"InvalidImageName", "correct the name of the image in the values"),
    (
        r"(401|403|unauthorized|authorization failed|pull access denied)",
        "give the pod an imagePullSecret that may read the image",
    ),
    (
        r"ErrImagePull|ImagePullBackOff",
        "check that image, tag and platform exist in the registry and that nodes reach it",
    ),
    (
        r"secret \"?.* not found|configmap \"?.* not found",
        "make the Secret or ConfigMap that is named, or correct its name",
    ),
    (r"couldn't find key", "add the key to the object that is named, or correct it in the values"),
    (r"runAsNonRoot", "use an image with a numeric user, or set runAsUser"),
    (r"exec format error", "use an image for the architecture of the nodes"),
    (
        r"executable file not found|no such file or directory|RunContainerError|StartError",
        "correct the command in the values, or the image",
    ),
    (r"OOMKilled", "raise the memory limit of the container"),
    (
        r"Liveness probe failed|Startup probe failed",
        "give the container more time to start, or see in its log why it does not answer",
    ),
    (r"Readiness probe failed", "see in its log why it does not answer: it runs, but takes no requests"),
    (r"low on resource|Evicted", "add memory or disk to the nodes, or set requests that say what the pod takes"),
    (r"CrashLoopBackOff|last exit code", "read the container's log in the evidence"),
    (r"failed to assign an IP address", "free addresses in the nodes' subnets, or add subnets or prefix delegation"),
    # Services and targets.
    (
        r"target-health|TargetHealth|Target\.",
        "open the security groups between load balancer and pods, and check the health check's port",
    ),
    (r"no controller has taken", "roll out the load balancer controller first (tag ingress), or correct the class"),
    (r"has no endpoints|MissingEndpoints", "bring the pods behind that Service up, or correct its selector"),
    # Jobs, time, and Helm itself.
    (r"longer than specified deadline|DeadlineExceeded", "see what its pod waited for, then allow more time"),
    (r"backoff limit", "read the log of its pods in the evidence"),
    (r"pending-(install|upgrade|rollback)", "run again: an interrupted revision is marked failed first"),
    # The API server itself, which did not answer any further call of Helm either.
    (
        PASSING.pattern,
        "run again once the API server answers (`kubectl get --raw /readyz`): what is unfinished is taken up",
    ),
)


def remedy_of(text: str) -> str:
    """Return what to do about a cause, the end of a sentence; empty if no row knows it.

    >>> remedy_of("pod a: 0/3 nodes are available: 3 Insufficient cpu.")
    'add nodes or larger ones, or lower the requests (efk_size, <role>_<chart>_values)'
    """
    return next((remedy for pattern, remedy in REMEDIES if re.search(pattern, text)), "")
