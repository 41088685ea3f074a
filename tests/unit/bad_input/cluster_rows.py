"""The rows of what a cluster is like, and the whole table."""

from __future__ import annotations

import base64
import json
from typing import Any

from tests import eks_objects
from tests.unit.bad_input.certificate_rows import WRONG_CERTIFICATES
from tests.unit.bad_input.fake_clusters import DEPLOYMENTS, STORAGE, deployment, helm, items, kinds, made
from tests.unit.bad_input.fake_clusters import node as a_node
from tests.unit.bad_input.fake_clusters import storage_class as a_class
from tests.unit.bad_input.rows import GIT, WRONG_SETTINGS, Row

WRONG_KUBECONFIGS = (
    Row("no kubeconfig", ("platform_kubeconfig is empty", "make up"), {"platform_kubeconfig": ""}),
    Row("a kubeconfig that is not there", ("/nowhere/kubeconfig, which does not exist",),
        {"platform_kubeconfig": "/nowhere/kubeconfig"}),
    Row("a folder as kubeconfig", ("platform_kubeconfig names /proc, which cannot be read",),
        {"platform_kubeconfig": "/proc"}),
    Row("a dict that is no kubeconfig", ("has no contexts and is no kubeconfig",),
        {"platform_kubeconfig": {"kind": "Config"}}),
    Row("a context that is not there", ("has no context 'prod', which is platform_context: write one of test",),
        {"platform_context": "prod"}),
    Row("nobody at the address", ("refuses connections: start it, or check the address",), state={"server": "refused"}),
)  # fmt: skip

METRICS_API = "/apis/apiregistration.k8s.io/v1/apiservices"
LBC = "aws-load-balancer-controller"
LBC_NAME = {"app.kubernetes.io/name": LBC}
DAEMON_SETS = "/apis/apps/v1/daemonsets"
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
ARGO = {"app.kubernetes.io/name": "argocd-server"}


def api_service(available: str, **metadata: Any) -> dict[str, Any]:
    condition = {"type": "Available", "status": available, "message": "no endpoints"}
    service = {"name": "metrics-server", "namespace": "kube-system"}
    return made("v1beta1.metrics.k8s.io", **metadata) | {
        "kind": "APIService",
        "spec": {"service": service},
        "status": {"conditions": [condition]},
    }


ADD_ON = [{"manager": "eks"}]
WRONG_CLUSTERS = (
    Row("too old", ("runs Kubernetes v1.30.1", "upgrade the cluster"), state={"/version": {"gitVersion": "v1.30.1"}}),
    Row("too new", ("runs Kubernetes v1.40.0", "newer Landfall"), state={"/version": {"gitVersion": "v1.40.0"}}),
    Row("no right to make namespaces", ("may not create namespaces: let an administrator", "the ClusterRole landfall"),
        state={"denied": ["create namespaces"]}),
    Row("no right to see nodes", ("may not list csinodes.storage.k8s.io: let an administrator",),
        state={"denied": ["list csinodes"]}),
    Row("no right to more than one thing", ("may not create namespaces; list csinodes.storage.k8s.io: let an admin",),
        state={"denied": ["create namespaces", "list csinodes"]}),
    Row("credentials that ran out", ("does not accept the credentials", "(401)"), state={"*": 401, "/version": 401}),
    Row("a cluster that is ill", ("answers with an error (503",), state={"/version": 503}),
    Row("no StorageClass at all", ("has no default StorageClass", "none at all"),
        state={f"{STORAGE}/storageclasses": items()}),
    Row("no default StorageClass", ("has no default StorageClass", "write one of them as platform_storage_class"),
        state={f"{STORAGE}/storageclasses": items(a_class("gp2", default="false"))}),
    Row("a StorageClass that is not there", ("platform_storage_class is 'io2'", "the cluster has gp3"),
        {"platform_storage_class": "io2"}, alone=True),
    Row("a class without its driver",
        ("StorageClass gp2", "ebs.csi.aws.com, which is not installed", "aws-ebs-csi-driver"),
        state={f"{STORAGE}/storageclasses": items(a_class("gp2", "kubernetes.io/aws-ebs")),
               f"{STORAGE}/csidrivers": items()}),
    Row("metrics-server of others that does not work",
        ("metrics-server is there as kube-system/v1beta1.metrics.k8s.io, of an EKS add-on, and does not work",
         "not Available: no endpoints", "metrics_server_existing: adopt"),
        state={METRICS_API: items(api_service("False", managedFields=ADD_ON))}),
    Row("metrics-server of others that is refused", ("metrics_server_existing is refuse",),
        {"metrics_server_existing": "refuse"},
        {METRICS_API: items(api_service("True", annotations=helm("kube-system", "their-own")))}),
    Row("a load balancer controller that does not work", ("lb/lbc, of somebody without Helm", "none of its pods"),
        state={DEPLOYMENTS: items(deployment("lbc", "lb", LBC_NAME, 0, labels=LBC_NAME))}),
    Row("a load balancer controller that cannot be adopted",
        ("ingress_controller_existing is adopt", "not selected as those of a Helm release", "leave, or remove it"),
        {"ingress_controller_existing": "adopt"},
        {DEPLOYMENTS: items(deployment("lbc", "kube-system", LBC_NAME, labels=LBC_NAME))}),
    Row("the webhook of a controller that is gone", ("webhook configuration aws-load-balancer-webhook", "delete it"),
        state={"/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations":
               items(made("aws-load-balancer-webhook", labels=LBC_NAME))}),
    # Case 16.
    Row("an IPv6 cluster",
        ("Services of this cluster have IPv6 addresses", "argocd_enabled: false, ingress_enabled: false"),
        state={"/api/v1/namespaces/default/services/kubernetes":
               made("kubernetes", "default") | {"spec": {"ipFamilies": ["IPv6"], "ipFamilyPolicy": "SingleStack"}}}),
    Row("EKS Auto Mode that is refused", ("EKS Auto Mode makes the load balancers here",),
        {"ingress_controller_existing": "refuse"}, {"/apis": {"groups": [{"name": "eks.amazonaws.com"}]},
         "/apis/eks.amazonaws.com/v1": kinds(("NodeClass", "nodeclasses"))}),
    Row("another ingress controller of the class nginx", ("IngressClass nginx belongs", "k8s.io/ingress-nginx"),
        state={"/apis/networking.k8s.io/v1/ingressclasses":
               items(made("nginx") | {"spec": {"controller": "k8s.io/ingress-nginx"}})}),
    Row("Argo CD of others elsewhere",
        ("argocd_existing is adopt", "argocd_namespace: gitops, or argocd_existing: leave"),
        {"argocd_existing": "adopt"},
        {DEPLOYMENTS: items(deployment("argocd-server", "gitops", {"app.kubernetes.io/instance": "argo-cd"},
                                       labels=ARGO, annotations=helm("gitops", "argo-cd")))}),
    Row("delivery by an Argo CD that looks elsewhere",
        ("flask_app_delivery is argocd", "in the namespace gitops: write argocd_namespace: gitops"),
        {"argocd_repo_url": GIT},
        {DEPLOYMENTS: items(deployment("argocd-server", "gitops", {"app.kubernetes.io/instance": "gitops"},
                                       labels=ARGO)),
         "/apis/argoproj.io/v1alpha1": kinds(("Application", "applications"))}),
    Row("delivery by an Argo CD that has no Applications",
        ("flask_app_delivery is argocd, and the Argo CD here brings no Applications",),
        {"argocd_repo_url": GIT},
        {DEPLOYMENTS: items(deployment("argocd-server", "argocd", {"app.kubernetes.io/instance": "gitops"},
                                       labels=ARGO))}),
    Row("a Prometheus operator that is refused", ("monitoring_existing is refuse", "of the Helm release prom/prom"),
        {"monitoring_existing": "refuse"},
        {DEPLOYMENTS: items(deployment("prom", "prom", {"release": "prom"},
                                       labels={"app": "kube-prometheus-stack-operator"},
                                       annotations=helm("prom", "prom")))}),
    Row("an Argo CD that EKS runs, to be adopted",
        ("argocd_existing is adopt, and Argo CD is the EKS Capability", "argocd_existing: leave", "delete-capability"),
        {"argocd_existing": "adopt"},
        {"/apis": {"groups": [{"name": "argoproj.io"}]},
         "/apis/argoproj.io/v1alpha1": kinds(("Application", "applications")),
         f"{DEFINITIONS}/applications.argoproj.io": made("applications.argoproj.io", managedFields=ADD_ON)}),
    Row("delivery by an Argo CD that EKS runs",
        ("flask_app_delivery is argocd, and the Argo CD here runs outside", "write flask_app_delivery: helm"),
        {"argocd_repo_url": GIT},
        {"/apis": {"groups": [{"name": "argoproj.io"}]},
         "/apis/argoproj.io/v1alpha1": kinds(("Application", "applications")),
         f"{DEFINITIONS}/applications.argoproj.io": made("applications.argoproj.io", managedFields=ADD_ON)}),
    Row("a node-exporter of an add-on that is refused",
        ("monitoring_existing is refuse, and node-exporter is there", "of an EKS add-on: remove it, or write leave"),
        {"monitoring_existing": "refuse"}, {DAEMON_SETS: items(eks_objects.node_exporter())}),
    Row("a node-exporter of an add-on that shall be adopted",
        ("monitoring_existing is adopt, and node-exporter is there", "both want port 9100", "existing: leave"),
        {"monitoring_existing": "adopt"}, {DAEMON_SETS: items(eks_objects.node_exporter())}),
    Row("a Fluent Bit of CloudWatch that is refused",
        ("efk_existing is refuse, and Fluent Bit is there as amazon-cloudwatch/fluent-bit", "or write leave"),
        {"efk_existing": "refuse"}, {DAEMON_SETS: items(eks_objects.cloudwatch_fluent_bit())}),
    Row("nodes that take none of our pods", ("of memory and the 1 usable nodes have 7.9 GiB free",),
        state={"/api/v1/nodes": items(a_node("a", "16", "8Gi"), eks_objects.fargate_node("f"),
                                      eks_objects.windows_node("w"))}),
    Row("a release of others by our name", ("Helm release logging/fluent-bit", "another namespace as efk_namespace"),
        state={"/api/v1/secrets": items(made("sh.helm.release.v1.fluent-bit.v1", "logging",
               labels={"owner": "helm", "name": "fluent-bit", "status": "deployed", "version": "1"}))}),
    Row("too little memory", ("of memory and the 2 usable nodes have", "write efk_size: small"),
        state={"/api/v1/nodes": items(a_node("a", memory="8Gi"), a_node("b", memory="8Gi"))}),
    Row("too few CPUs", ("CPUs and the 1 usable nodes have 2.0 free",),
        state={"/api/v1/nodes": items(a_node("a", cpu="2050m", memory="64Gi"), a_node("b", unschedulable=True))}),
    Row("too few pods", ("pods and the 2 usable nodes have room for 20",),
        state={"/api/v1/nodes": items(a_node("a", pods="12"), a_node("b", pods="12"))}),
    Row("too few volumes", ("7 volumes and the 1 usable nodes have room for 4",),
        state={"/api/v1/nodes": items(a_node("a", "16", "64Gi")),
               f"{STORAGE}/csinodes": items(made("a") | {"spec": {"drivers": [{"allocatable": {"count": 4}}]}})}),
    Row("nodes that are too small", ("3 pods elasticsearch want 2.0 CPUs, 16.0 GiB", "room for 0: add larger"),
        {"efk_size": "large"}, {"/api/v1/nodes": items(*(a_node(f"n{each}", "8", "15Gi") for each in range(6)))}),
)  # fmt: skip

WEBHOOKS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
UNANSWERED = {
    "name": "judge.example.org",
    "failurePolicy": "Fail",
    "clientConfig": {"service": {"namespace": "policies", "name": "judge"}},
    "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["secrets"]}],
}

BY_ISSUER = {"platform_tls_source": "cert_manager", "platform_tls_issuer": {"name": "letsencrypt"}}
ISSUERS = "/apis/cert-manager.io/v1"
CERT_MANAGER = {
    "/apis": {"groups": [{"name": "cert-manager.io"}]},
    ISSUERS: kinds(("ClusterIssuer", "clusterissuers"), ("Issuer", "issuers"), ("Certificate", "certificates")),
}
SEEN = "/api/v1/namespaces/landfall-system/secrets"
PUBLISHED_AS = "https://kubernetes-sigs.github.io/metrics-server/metrics-server 3.13.1"
NULL = "0" * 64
ALONE = {f"{role}_enabled": False for role in ("ingress", "monitoring", "efk", "argocd", "flask_app", "hosts")}
"""All but metrics-server, the chart of which is then the only one."""


def seen(content: bytes) -> dict[str, Any]:
    """Return the Secrets of a cluster that keeps digests of charts."""
    data = {"data": {"charts": base64.b64encode(content).decode()}}
    return items(made("landfall-charts", "landfall-system") | data)


WRONG_SURROUNDINGS = (
    Row("a webhook that nobody answers",
        ("its Service policies/judge is not there", "kubectl delete validatingwebhookconfiguration judge"),
        state={WEBHOOKS: items(made("judge") | {"webhooks": [UNANSWERED]})}),
    Row("no helm", ("helm is not on PATH",), {"platform_environment": {"PATH": "/nowhere"}}, alone=True),
    Row("records of Helm elsewhere", ("HELM_DRIVER is configmap", "unset HELM_DRIVER"),
        {"platform_environment": {"PATH": "{path}", "HELM_DRIVER": "configmap"}}, alone=True),
    Row("an old helm", ("is Helm v3.12.0, 3.18 is the oldest",), {"platform_environment": {"PATH": "{folder}"}},
        alone=True),
    Row("a hosts file that nobody can write", ("hosts_file (/proc/hosts) cannot be written",),
        {"hosts_file": "/proc/hosts"}, alone=True),
    Row("an image that does not exist",
        ("/team/flask:0.1.0 of flask-app does not exist", "push it by `make image push`"),
        {"preflight_check_images": True, "flask_app_image_repository": "{registry}/team/flask"}, alone=True),
    Row("an issuer where there is no cert-manager",
        ("the cluster has no cert-manager", "create an issuer first", "or write own_ca"), BY_ISSUER, alone=True),
    Row("an issuer that is not there",
        ("platform_tls_issuer names the ClusterIssuer letsencrypt, which the cluster does not have",
         "or name another one (staging)"), BY_ISSUER,
        {**CERT_MANAGER, f"{ISSUERS}/clusterissuers": items(made("staging")),
         f"{ISSUERS}/clusterissuers/letsencrypt": 404}),
    Row("an issuer that is not ready",
        ("letsencrypt, which is not ready (ErrRegisterACMEAccount: no such host): fix that",), BY_ISSUER,
        {**CERT_MANAGER, f"{ISSUERS}/clusterissuers/letsencrypt": made("letsencrypt") | {"status": {"conditions": [
            {"type": "Ready", "status": "False", "reason": "ErrRegisterACMEAccount", "message": "no such host"}]}}}),
    Row("delivery without an Argo CD", ("this cluster has no Argo CD", "argocd_enabled: true"),
        {"argocd_repo_url": GIT, "flask_app_delivery": "argocd", "argocd_enabled": False}, alone=True),
    Row("a chart that is nowhere", ("The chart fluent-bit 0.58.1 is not in LANDFALL_CHART_CACHE",),
        {"platform_chart_cache": "{folder}/without"}, alone=True),
    Row("a chart that is another one", ("holds the chart fluent-bit 9.9.9, wanted is fluent-bit 0.58.1",),
        {"platform_chart_cache": "{folder}/other"}, alone=True),
    Row("a chart with another digest than the pinned one", ("The chart metrics-server 3.13.1", f"pinned is {NULL}"),
        {"metrics_server_chart": {"sha256": NULL}}, alone=True),
    Row("a chart that nobody vouches for",
        ("The chart metrics-server 3.13.1", "is unverified", "write metrics_server_chart: {sha256: "),
        ALONE | {"platform_unverified_charts": "refuse"}, alone=True),
    Row("a chart whose content is another one now",
        ("The chart metrics-server 3.13.1", f"and had {NULL} when", "write metrics_server_chart: {sha256: "),
        state={SEEN: seen(json.dumps({PUBLISHED_AS: NULL}).encode())}),
    Row("digests of charts that cannot be read", ("landfall-system/landfall-charts", "cannot be read", "delete it"),
        state={SEEN: seen(b"no")}),
)  # fmt: skip

NLB = "service.beta.kubernetes.io/aws-load-balancer-"
PUBLISHED = "k8s-ingress-nginxing-0123.elb.eu-central-1.amazonaws.com"


def published(**annotations: str) -> dict[str, Any]:
    """Return a cluster on which NGINX's Service has its load balancer, annotated as it was once made."""
    service = made(
        "nginx-ingress-controller",
        "ingress",
        annotations={f"{NLB}{key.replace('_', '-')}": value for key, value in annotations.items()},
    )
    status = {"loadBalancer": {"ingress": [{"hostname": PUBLISHED}]}}
    kind = {"kind": "Service", "name": "services", "namespaced": True}
    return {
        "/api/v1": {"resources": [kind]},
        "/api/v1/namespaces/argocd/services/argocd-nlb": 404,
        "/api/v1/namespaces/ingress/services/nginx-ingress-controller": service
        | {"spec": {"loadBalancerClass": "service.k8s.aws/nlb"}, "status": status},
    }


WRONG_LOAD_BALANCERS = (
    Row("a load balancer that would be replaced",
        ("would be recreated", "scheme is internet-facing and should be internal", f"ingress_replace: {PUBLISHED}"),
        {"ingress_scheme": "internal"}, published(scheme="internet-facing", nlb_target_type="ip")),
    Row("Elastic IPs for a load balancer that is there", ("was made without Elastic IPs", "ingress_addresses: auto"),
        {"ingress_addresses": "eip"}, published(scheme="internet-facing", nlb_target_type="ip")),
    Row("Elastic IPs without AWS", ("ingress_addresses is eip, and the Elastic IPs cannot be had", "AWS region"),
        {"ingress_addresses": "eip"}, alone=True),
)  # fmt: skip

THROUGH_PLAYBOOK = (
    *WRONG_SETTINGS,
    *WRONG_CERTIFICATES,
    *WRONG_SURROUNDINGS,
    *WRONG_LOAD_BALANCERS,
    WRONG_CLUSTERS[-1],
)
"""Given to the real playbook; the others, with which it would take minutes, to the module that it gives them to."""
THROUGH_MODULE = (*WRONG_KUBECONFIGS, *WRONG_CLUSTERS[:-1])
ROWS = (*THROUGH_PLAYBOOK, *THROUGH_MODULE)
