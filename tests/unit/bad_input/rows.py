"""The rows of settings: what somebody wrote, and what has to be said of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Row:
    """`settings` are what a user wrote; `state` is what the cluster answers apart from GOOD.

    `expected` are parts of the one sentence that is to be said; `alone` keeps the row from sharing a host with others.
    """

    name: str
    expected: tuple[str, ...]
    settings: dict[str, Any] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=dict)
    alone: bool = False


def setting(name: str, value: Any, *expected: str, **other: Any) -> Row:
    """Return the row of one wrong setting, which its sentence begins with; `other` settings are only beside it."""
    return Row(f"{name}: {value!r}", (name, *expected), {name: value} | other)


def lone(name: str, value: Any, *expected: str, **other: Any) -> Row:
    """Return the row of a setting that is wrong together with others, and so is kept from those of other rows."""
    return replace(setting(name, value, *expected, **other), alone=True)


def slo(fields: dict[str, Any], *expected: str) -> Row:
    """Return the row of an SLO of Landfall's own of which one leaf was written wrong."""
    return setting("monitoring_slos", {"flask-app-availability": fields}, *expected)


GIT, SSH = "https://git.example.org/team/landfall.git", "git@git.example.org:team/landfall.git"
LOGIN = {"argocd_repo_username": "bot", "argocd_repo_password": "token"}
OIDC = {"issuer": "https://login.example.org", "clientID": "argocd", "clientSecret": "$argocd-sso:client"}
SSO: dict[str, Any] = {"oidc": OIDC, "secrets": {"client": "x"}, "admins": ["platform"]}
GRAFANA: dict[str, Any] = {
    **{f"{each}_url": f"https://login.example.org/{each}" for each in ("auth", "token", "api")},
    "client_id": "grafana",
    "client_secret": {"name": "grafana-oidc", "key": "client-secret"},
    "admins": ["platform"],
}


def provider(fields: dict[str, Any], *expected: str) -> Row:
    """Return the row of a provider of single sign-on of which one field was written wrong."""
    return setting("argocd_sso", SSO | {"oidc": OIDC | fields}, *expected)


def grafana(field: str, value: Any, *expected: str) -> Row:
    """Return the row of a field of Grafana's login that was written wrong."""
    return setting("monitoring_grafana_oidc", GRAFANA | {field: value}, f"monitoring_grafana_oidc.{field}", *expected)


WRONG_NAMES = {
    "10.0.0.1": "is a number or an address and no name",
    "*.example.org": "is a wildcard",
    "Wiki.example.org": "has capital letters: write wiki.example.org",
    "wiki.example.org.": "ends in a dot: write wiki.example.org",
    "wîki.example.org": "write xn--wki-vma.example.org",
    f"{'a.' * 121}xexample.org": "is longer than 253 characters",
}
NAMES = list(WRONG_NAMES)

WRONG_SETTINGS = (
    # Components of one's own.
    setting("platform_components", {"podinfo": {"releases": [{"name": "a", "namespace": "a"}]}}, "[0].chart is"),
    setting("platform_components", ["podinfo"], "must be a mapping of names to components, not a list"),
    # Names and types.
    setting("efk_sise", "small", "not a setting of Landfall", "did you mean efk_size?"),
    setting("flask_image_tag", "1.4.2", "did you mean flask_app_image_tag?", "list it in platform_own_variables"),
    setting("platform_own_variables", "monitoring_team", "must be a list"),
    setting("platform_own_variables", ["efk_size"], "efk_size is a setting of Landfall: remove it from the list"),
    setting("platform_own_variables", ["*_team"], "'*_team'", "is no name: write one such as monitoring_team"),
    setting("platfrom_domain", "example.com", "did you mean platform_domain?"),
    setting("metrics_server_replicas", "two", "must be a whole number, not 'two'"),
    setting("ingress_subnets", "subnet-1", "must be a list", "-e '{...}'"),
    setting("efk_eck_stack_values", ["a"], "must be a mapping of names to values"),
    setting("monitoring_enabled", "perhaps", "must be true or false, not 'perhaps'"),
    setting("monitoring_host", None, "has no value", "remove the line"),
    setting("flask_app_namespace", "{{ no_such_name }}", "cannot be evaluated", "no_such_name"),
    setting("argocd_argo_cd_values", {"server": "{{ missing.leaf }}"}, "cannot be evaluated", "missing"),
    # Words that YAML reads as something else than a text, and what Helm would change.
    setting("flask_app_image_tag", 20261130, "is the number 20261130, not text: write it in quotes"),
    setting("flask_app_image_tag", 1.10, "is the number 1.1, not text: write it in quotes"),
    setting("argocd_repo_revision", False, "argocd_repo_revision is the boolean false, not text"),
    setting("ingress_subnets", [7], "ingress_subnets[0] is the number 7, not text"),
    setting("efk_size_by_hand", {"cpu": 2}, "efk_size_by_hand.cpu is the number 2, not text: write it in quotes"),
    setting("argocd_repo_password", 12345, "argocd_repo_password is a number, not text: write it in quotes"),
    setting(
        "metrics_server_values",
        {"podAnnotations": {"account": 98765432109876543210}},
        "metrics_server_values.podAnnotations.account is the number 98765432109876543210, which Helm would round",
    ),
    setting("argocd_sso", {"secrets": {"clientSecret": 1234}}, "argocd_sso.secrets.clientSecret is no text"),
    setting("cluster_addon_versions", {"coredns": 1.11}, "cluster_addon_versions.coredns (1.11) is no text"),
    setting("platform_labels", ["cost-center"], "must be a mapping of names to values"),
    setting("platform_labels", {"cost-center": 7}, "platform_labels.cost-center (7)", "write it in quotes"),
    setting("platform_labels", {"cost center": "7"}, "the key 'cost center'", "such as cost-center"),
    setting("platform_labels", {"landfall.eks/made-by": "us"}, "the key 'landfall.eks/made-by'"),
    setting("platform_labels", {"team": "the people"}, "platform_labels.team", "no label's value"),
    setting("platform_annotations", {"example.org/a/b": "x"}, "the key 'example.org/a/b'"),
    # Namespaces, levels and flows.
    setting("platform_pod_security", ["logging"], "must be a mapping of names to values"),
    setting("platform_pod_security", {"logging": "strict"}, "platform_pod_security.logging", "privileged, baseline or"),
    setting("platform_pod_security", {"logging": None}, "platform_pod_security.logging", "not None"),
    setting("platform_pod_security", {"Logging": "baseline"}, "the key 'Logging'", "such as monitoring"),
    setting("platform_network_policies", "perhaps", "must be true or false, not 'perhaps'"),
    setting("ingress_namespaces", "shop", "must be a list"),
    setting("ingress_namespaces", [7], "ingress_namespaces[0] is the number 7, not text"),
    setting("ingress_namespaces", ["My Shop"], "ingress_namespaces ('My Shop') is no name of a namespace"),
    setting("ingress_namespaces", ["*", "shop"], "has '*' beside others: write ['*'] for the whole cluster"),
    setting("ingress_namespaces", ["landfall-system"], "where the key of the certificate authority lies", "remove it"),
    setting("argocd_namespaces", {"shop": True}, "must be a list"),
    setting("argocd_namespaces", ["shop_"], "argocd_namespaces ('shop_') is no name of a namespace"),
    setting("argocd_namespaces", ["landfall-system"], "where the key of the certificate authority lies", "remove it"),
    setting("argocd_default_project", ["*"], "must be a mapping of names to values"),
    # Enums.
    setting("efk_size", "tiny", "one of small, medium or large, not 'tiny'"),
    setting("ingress_scheme", "public", "one of internet-facing or internal, not 'public'"),
    setting("metrics_server_existing", "keep", "one of leave, adopt or refuse, not 'keep'"),
    setting("efk_existing", "adopt", "one of leave or refuse, not 'adopt'"),
    setting("flask_app_delivery", "ftp", "one of helm or argocd", "not 'ftp'"),
    # Names of what goes too.
    setting("uninstall_delete", "volumes,disks", "does not know disks", "volumes, addresses, definitions, credentials"),
    setting("uninstall_delete", {"volumes": True}, "is no list of names"),
    setting("platform_on_failure", "retry", "one of rollback or keep, not 'retry'"),
    # Numbers.
    setting("ingress_replicas", 1, "write 2 or more"),
    setting("argocd_server_replicas", 0, "too small"),
    setting("flask_app_min_replicas", 9, "is above flask_app_max_replicas (5)"),
    setting("flask_app_cpu_utilization", 180, "too large: write a whole number from 1 to 100"),
    setting("hosts_timeout", -5, "too small"),
    setting("verify_timeout", -1, "too small"),
    setting("efk_patience", -5, "efk_patience (-5) is too small: write a whole number from 1 on"),
    setting("verify_alerts", "perhaps", "must be true or false, not 'perhaps'"),
    setting("status_ask_upstream", [], "must be true or false"),
    # Logs.
    setting("efk_retention_days", 0, "too small: write a whole number from 1 on"),
    setting("efk_retention_days", -14, "efk_retention_days (-14) is too small"),
    setting("efk_retention_days", "two weeks", "must be a whole number, not 'two weeks'"),
    setting("efk_size_by_hand", {"memory": "4 GB"}, "efk_size_by_hand.memory ('4 GB') is no quantity", "such as 4Gi"),
    setting("efk_size_by_hand", {"cpu": "two"}, "efk_size_by_hand.cpu ('two') is no quantity", "500m or 2"),
    setting("efk_size_by_hand", {"storage": "0Gi"}, "efk_size_by_hand.storage ('0Gi') is no quantity", "such as 50Gi"),
    setting("efk_size_by_hand", {"memory": "512Mi"}, "too little for Elasticsearch: write 1Gi or more"),
    setting("efk_size_by_hand", {"nodes": 2}, "neither goes on without the other: write 1, or 3 or more"),
    setting("efk_size_by_hand", {"nodes": 0}, "efk_size_by_hand.nodes (0) is too small"),
    setting("efk_size_by_hand", {"disk": "50Gi"}, "efk_size_by_hand is not as it must be", "disk"),
    setting("efk_size_by_hand", "huge", "must be a mapping of names to values"),
    setting("efk_buffer_size", "1GiB", "efk_buffer_size ('1GiB') is not a size of Fluent Bit", "such as 1G"),
    # A cluster that is made.
    setting("cluster_vpc_cidr", "10.0.0.0/24", "is no range for a VPC", "from /16 to /22"),
    setting("cluster_vpc_cidr", "10.0.0.1/16", "write 10.0.0.0/16"),
    setting("cluster_endpoint_cidrs", ["office"], "is no network"),
    setting("cluster_version", "1.32", "one of 1.33, 1.34, 1.35 or 1.36, not '1.32'"),
    setting("cluster_zones", 1, "must be one of 2 or 3, not 1"),
    setting("cluster_zone_names", ["eu-central-1a", "eu-central-1a"], "two or three different zones"),
    setting("cluster_nat_gateways", "many", "one of one or each_zone, not 'many'"),
    setting("cluster_node_groups", [], "cluster_node_groups is empty"),
    setting("cluster_node_groups", [{"name": "a_b"}], "cluster_node_groups[0].name ('a_b') is no name of a group"),
    setting("cluster_node_groups", [{"name": "a", "min": 4, "max": 2}], "min 4, desired 4 and max 2", "that order"),
    setting("cluster_node_groups", [{"name": "a", "disk": 5}], "cluster_node_groups[0].disk (5)", "write 20 to 16384"),
    setting(
        "cluster_node_groups",
        [{"name": "a", "instance_types": ["m7g.large"]}],
        "has m7g.large, which is arm64, and the group is amd64",
    ),
    setting("cluster_node_groups", [{"name": "a"}, {"name": "A"}], "2 groups called a"),
    setting("cluster_node_groups", [{"name": "a", "colour": "red"}], "is not as it must be", "colour"),
    setting(
        "cluster_access",
        [{"principal_arn": "arn:aws:sts::123456789012:assumed-role/admin/me"}],
        "cluster_access[0].principal_arn",
        "is a session and nobody: write the ARN of its role",
    ),
    setting("cluster_access", [{"principal_arn": "admin"}], "is no ARN of an IAM role or user"),
    setting("cluster_key_arn", "alias/mine", "is no ARN of a KMS key"),
    setting("cluster_oidc_provider_arn", "oidc.eks", "is no ARN of an OIDC provider"),
    setting("cluster_addon_versions", {"cordns": "v1"}, "has cordns, which is none of vpc-cni"),
    lone("cluster_subnet_ids", ["private-a"], "cluster_subnet_ids has 'private-a'", "subnet-0123456789abcdef0"),
    lone("cluster_subnet_ids", ["subnet-01234567", "subnet-01234567"], "names a subnet twice"),
    setting("cluster_auto_mode", "maybe", "cluster_auto_mode must be true or false"),
    lone("cluster_addon_versions", {"coredns": "v1"}, "has no effect with cluster_auto_mode", cluster_auto_mode=True),
    lone("cluster_node_session_manager", True, "has no effect with cluster_auto_mode", cluster_auto_mode=True),
    setting("cluster_zonal_shift", 3, "cluster_zonal_shift must be true or false"),
    setting("cluster_node_session_manager", "ssm", "cluster_node_session_manager must be true or false"),
    setting("cluster_drift", "some", "cluster_drift must be true or false"),
    setting("cluster_protected", "sometimes", "cluster_protected must be true or false"),
    setting("cluster_permissions_boundary", "landfall-boundary", "is no ARN of an IAM policy", "policy/<name>"),
    setting(
        "cluster_permissions_boundary", "arn:aws:iam::123456789012:role/landfall-boundary", "is no ARN of an IAM policy"
    ),
    setting("cluster_permissions_boundary", ["arn:aws:iam::aws:policy/x"], "cluster_permissions_boundary must be"),
    setting("cluster_stack_role", "cloudformation-landfall", "is no ARN of an IAM role", "role/<name>"),
    setting(
        "cluster_stack_role",
        "arn:aws:sts::123456789012:assumed-role/cloudformation-landfall/me",
        "is no ARN of an IAM role",
    ),
    setting(
        "cluster_stack_role",
        "arn:aws:iam::123456789012:role/landfall-stack",
        "is called as the roles that a stack makes",
        "does not begin with landfall-",
    ),
    setting("cluster_stack_role", {"arn": "x"}, "cluster_stack_role must be"),
    setting("cluster_creator_is_admin", "me", "cluster_creator_is_admin must be true or false"),
    # Host names and namespaces.
    setting("efk_host", "kib_ana.example.org", "'kib_ana' is not made of letters"),
    setting("argocd_host", "*.example.org", "is a wildcard"),
    setting("flask_app_host", "Flask.example.org", "write flask.example.org"),
    setting("monitoring_host", "graphé.example.org", "write xn--graph-fsa.example.org"),
    setting("platform_domain", "example.org.", "ends in a dot: write example.org"),
    setting("efk_namespace", "Logging_1", "no name of a namespace"),
    *(Row(f"hosts_names: {each}", ("hosts_names", each), {"hosts_names": NAMES}) for each in WRONG_NAMES.values()),
    Row(
        "localhost in the hosts file",
        ("'localhost' is a name of this machine itself",),
        {"hosts_names": ["localhost"]},
        alone=True,
    ),
    Row(
        "a host outside of the domain",
        ("grafana.other.com, the host of kube-prometheus-stack", "list it in hosts_names too"),
        {"monitoring_host": "grafana.other.com"},
        alone=True,
    ),
    setting(
        "monitoring_kube_prometheus_stack_values",
        {"grafana": {"ingress": {"hosts": ["github.com"]}}},
        "the host 'github.com', which no setting names",
    ),
    # Names in Route 53.
    setting("platform_dns", "cloudflare", "one of hosts or route53, not 'cloudflare'"),
    setting("platform_dns", None, "has no value"),
    setting("platform_dns_zone", ["Z1"], "must be a text"),
    setting("platform_dns_zone", "example.org.", "ends in a dot: write example.org"),
    setting("platform_dns_zone", "/hostedzone/Z1", "is no id of a zone"),
    setting("platform_dns_role_arn", 123456789012, "is the number 123456789012, not text"),
    setting("platform_dns_role_arn", "arn:aws:iam::123456789012:user/dns", "is no ARN of an IAM role"),
    Row(
        "addresses for an alias",
        ("hosts_addresses is set though platform_dns is route53",),
        {"platform_dns": "route53", "hosts_addresses": ["203.0.113.7"]},
        alone=True,
    ),
    Row(
        "two components of one name",
        ("efk_host and monitoring_host are all 'one.example.org'",),
        {"efk_host": "one.example.org", "monitoring_host": "one.example.org"},
    ),
    # Networks and addresses.
    setting("ingress_allowed_cidrs", ["10.1.2.3/8"], "write 10.0.0.0/8 or 10.1.2.3/32"),
    setting("argocd_allowed_cidrs", ["10.1.2.3"], "has no prefix length: write 10.1.2.3/32"),
    setting("ingress_vpc_cidrs", ["10.0.0.0/33"], "is no network: write one in CIDR notation"),
    # Case 16; the second one stopped a live load balancer at its old rules.
    setting("ingress_allowed_cidrs", ["::/0"], "('::/0') is an IPv6 network", "remove it"),
    setting("argocd_allowed_cidrs", ["203.0.113.0/24", "2001:db8::/32"], "('2001:db8::/32') is an IPv6 network"),
    setting("ingress_allowed_cidrs", ["::ffff:203.0.113.0/120"], "is an IPv6 network"),
    setting("ingress_allowed_cidrs", ["2001:db8::1"], "has no prefix length"),
    Row(
        "everybody without saying so",
        ("ingress_allowed_cidrs is empty", "['0.0.0.0/0'] is everybody"),
        {"ingress_allowed_cidrs": []},
    ),
    setting("hosts_addresses", ["203.0.113.300"], "is no IP address"),
    setting("hosts_addresses", ["169.254.169.254"], "is an address that no load balancer has"),
    setting("ingress_addresses", "eip", "though ingress_scheme is internal", ingress_scheme="internal"),
    Row(
        "Argo CD's Elastic IPs inside",
        ("argocd_addresses is eip though argocd_scheme is internal",),
        {"argocd_addresses": "eip", "argocd_scheme": "internal"},
        alone=True,
    ),
    setting("argocd_addresses", "eni", "one of eip or dns, not 'eni'"),
    setting("argocd_eip_allocations", ["eipalloc-1", "eipalloc-2"], "has 2 entries and argocd_subnets has 0"),
    setting("ingress_eip_allocations", ["eipalloc-1"], "has 1 entries and ingress_subnets has 0"),
    Row(
        "Elastic IPs inside",
        ("ingress_eip_allocations is set though ingress_scheme is internal",),
        {"ingress_eip_allocations": ["eipalloc-1"], "ingress_subnets": ["subnet-1"], "ingress_scheme": "internal"},
    ),
    # Charts, mirrors, registries.
    setting("metrics_server_chart", {"vers": "3.13.1"}, "is not as it must be", "vers"),
    setting("efk_fluent_bit_chart", {"version": "^0.58"}, "version ('^0.58') is no exact version", "such as 1.2.3"),
    setting("efk_eck_stack_chart", {"version": 0.20}, "version is the number 0.2, not text: write it in quotes"),
    setting("efk_eck_operator_chart", {"sha256": "sha256:12"}, "is no SHA-256", "64 hexadecimal digits"),
    setting("flask_app_chart", {"ref": "charts/flask"}, "is no place of charts", "a full path"),
    setting("ingress_nginx_ingress_chart", {"ref": "oci://mirror.example.org/nginx:1.2.3"}, "ends in a tag"),
    setting("argocd_argo_cd_chart", {"ref": "https://charts.example.org"}, "names no chart"),
    # A login in a URL: said is where it goes, and it is not repeated.
    setting("platform_chart_mirror", "https://bot:h1dden@mirror.example.org/charts", "user or a password", "helm repo"),
    setting(
        "platform_chart_mirror", "https://bot:h1 dden@mirror.example.org/charts", "user or a password", "helm repo"
    ),
    setting(
        "efk_eck_operator_chart", {"ref": "oci://me:h1dden@charts.example.org/eck"}, ".ref holds a user", "helm repo"
    ),
    setting(
        "platform_registry", "bot:h1dden@mirror.example.org/hub", "user or a password", "platform_image_pull_secrets"
    ),
    setting("flask_app_image_repository", "me:h1dden@example.org/flask", "user or a password", "image_pull_secrets"),
    setting("monitoring_runbooks_url", "https://h1dden@wiki.example.org/a", "user or a password", "leave them out"),
    setting(
        "argocd_sso",
        SSO | {"oidc": OIDC | {"issuer": "https://me:h1dden@id.example.org"}},
        ".oidc.issuer holds",
        "argocd_sso.secrets",
    ),
    setting(
        "monitoring_receivers",
        [{"name": "a", "type": "webhook", "url": "https://me:h1dden@hooks.example.org/a"}],
        "monitoring_receivers[0].url holds a user or a password",
        "write username and password beside it",
    ),
    setting("platform_registry", "https://mirror.example.org/hub/", "is no registry", "mirror.example.org:5000/hub"),
    setting("platform_image_pull_secrets", ["a b"], "('a b') is no name of a Secret"),
    setting("platform_unverified_charts", "maybe", "one of warn or refuse, not 'maybe'"),
    setting("platform_unverified_charts", True, "is the boolean true, not text: write it in quotes"),
    setting("platform_unverified_charts", None, "has no value", "remove the line"),
    # Sizes, times, images.
    setting("monitoring_retention", "two weeks", "is not a span of time", "such as 15d"),
    setting("monitoring_retention_size", "40 gigabytes", "is not a size of Prometheus", "such as 40GB"),
    setting("monitoring_retention_size", "60GB", "does not fit into monitoring_prometheus_storage (50Gi)"),
    setting("monitoring_grafana_storage", "10 GB", "is not a size", "such as 20Gi"),
    setting("flask_app_image_tag", "latest", "another image tomorrow"),
    setting("flask_app_image_tag", "1.0 beta", "is no tag of an image"),
    setting("flask_app_image_repository", "https://registry.example.org/flask", "is no image repository"),
    setting("flask_app_image_repository", "", "is '', which is in no registry", "flask_app_enabled: false"),
    # Service level objectives.
    slo({"objective": 100}, "objective (100) must be over 50 and under 100"),
    slo({"objective": "high"}, "objective ('high') is no number: write a percentage, such as 99.5"),
    slo({"objectiv": 99.5}, "objectiv is no field of an SLO: did you mean objective?"),
    slo({"window": 93}, "window (93) must be a number of days, from 7 to 92"),
    slo({"sli": {"error": "rate(errors_total[5m])"}}, "sli.error has no [{window}]"),
    setting(
        "monitoring_slos",
        {"shop-latency": {"entity": "service", "objective": 99}},
        "shop-latency has no sli: a new SLO has all three",
    ),
    setting("monitoring_slos", {"flask-availability": {"objective": 99}}, "did you mean flask-app-availability?"),
    setting("monitoring_slos", ["flask-app-availability"], "must be a mapping of names to values"),
    setting("monitoring_slo_files", "slos/*.yml", "must be a list"),
    setting("monitoring_slo_files", ["no_such_folder/*.yml"], "('no_such_folder/*.yml') is no file in"),
    Row(
        "an objective of a file",
        ("slos.yml, document 1, slos[0].objective ('high') is no number: write one such as 99.5",),
        {"monitoring_slo_files": [str(Path(__file__).parent / "slos.yml")]},
    ),
    slo({"labels": {"team": 1}}, "labels.team (1) is no text: write it in quotes"),
    slo({"labels": {"slo": "x"}}, "labels (slo) is a label that Landfall sets"),
    slo({"ticket": "no"}, "ticket ('no') is no switch"),
    slo({"alert_labels": {"team": "shop"}}, "alert_labels ({'team': 'shop'}) is not by severity"),
    slo({"alert_annotations": {"critical": {"a b": "x"}}}, "alert_annotations.critical ('a b') is no name"),
    slo({"alert": " "}, "alert (' ') is not a name of alerts"),
    slo({"sli": {"error": None, "total": None, "ratio": "up"}}, "sli.ratio has no [{window}]"),
    Row(
        "less kept than an objective looks back",
        ("monitoring_retention (14d) is shorter than the longest window of monitoring_slos, 30 days: write 35d",),
        {"monitoring_retention": "14d"},
        alone=True,
    ),
    # Delivery by Argo CD.
    Row(
        "delivery by Argo CD from nowhere",
        ("flask_app_delivery is argocd and argocd_repo_url is empty",),
        {"flask_app_delivery": "argocd"},
        alone=True,
    ),
    Row(
        "a tag beside the repository's",
        ("flask_app_image_tag is '1.4.2'", "leave it out, or write"),
        {"flask_app_image_tag": "1.4.2", "argocd_repo_url": GIT, "flask_app_delivery": "argocd"},
        alone=True,
    ),
    Row(
        "a digest beside the repository's",
        ("flask_app_values.image.digest is 'sha256:00'",),
        {
            "flask_app_values": {"image": {"digest": "sha256:00"}},
            "argocd_repo_url": GIT,
            "flask_app_delivery": "argocd",
        },
        alone=True,
    ),
    setting("argocd_repo_url", "git.example.org/team/landfall", "is no Git URL"),
    Row(
        "a password in the URL",
        ("argocd_repo_url holds a user or a password",),
        {"argocd_repo_url": "https://bot:h1dden@git.example.org/team/landfall.git"},
    ),
    setting("argocd_repo_url", "ssh://git:h1dden@git.example.org/a.git", "user or a password", "argocd_repo_username"),
    setting(
        "argocd_repo_url", "HTTPS://bot:h1dden@git.example.org/a.git", "user or a password", "argocd_repo_password"
    ),
    setting("argocd_repo_url", "bot:h1dden@git.example.org/a.git", "user or a password", "argocd_repo_username"),
    Row(
        "a password in the clear",
        ("would send the password in the clear: write its https URL",),
        {"argocd_repo_url": "http://git.example.org/team/landfall.git", **LOGIN},
    ),
    Row("a password by SSH", ("is read by SSH, which takes no password",), {"argocd_repo_url": SSH, **LOGIN}),
    setting("argocd_repo_username", "bot", "is set and argocd_repo_password is not", argocd_repo_url=GIT),
    setting("argocd_repo_password", "token", "is set and argocd_repo_username is not", argocd_repo_url=GIT),
    Row("a login for no repository", ("argocd_repo_username is set and argocd_repo_url",), dict(LOGIN), alone=True),
    Row(
        "a key that is none",
        ("argocd_repo_ssh_private_key is no private key",),
        {"argocd_repo_url": SSH, "argocd_repo_ssh_private_key": "s3cret"},
    ),
    Row(
        "the public key",
        ("argocd_repo_ssh_private_key is a public key",),
        {"argocd_repo_url": SSH, "argocd_repo_ssh_private_key": "ssh-ed25519 AAAA me@here"},
    ),
    setting("argocd_repo_revision", "the main one", "is no branch: write one such as main"),
    setting("argocd_repo_path", "/app/chart", "is no folder of a repository: write one such as app/chart"),
    setting("argocd_sso", SSO | {"dex": {"connectors": []}}, "has dex and oidc"),
    setting("argocd_sso", {"ldap": {}}, "is not as it must be"),
    setting("argocd_sso", "https://login.example.org", "must be a mapping of names to values"),
    provider({"issuer": None}, "argocd_sso.oidc.issuer is no https URL", "such as https://login.example.org"),
    provider({"issuer": "http://login.example.org"}, "argocd_sso.oidc.issuer is no https URL"),
    provider({"clientID": ""}, "argocd_sso.oidc.clientID is missing"),
    provider({"clientSecret": "s3cret"}, "oidc.clientSecret is no reference", "write $argocd-sso:clientSecret"),
    provider({"clientSecret": "$argocd-sso:other"}, "refers to $argocd-sso:other, and argocd_sso.secrets has no other"),
    provider({"requestedScopes": ["groups"]}, "argocd_sso.oidc.requestedScopes lacks openid"),
    setting("argocd_sso", SSO | {"admins": "platform"}, "argocd_sso.admins must be a list"),
    setting("argocd_sso", SSO | {"admins": [7]}, "argocd_sso.admins[0] is a number, not text"),
    setting("argocd_sso", SSO | {"readers": ["a, role:admin"]}, "'a, role:admin', which is no name of a group"),
    setting("argocd_sso", SSO | {"admins": []}, "lets nobody do anything", "argocd_admin_enabled: true"),
    setting("argocd_sso", {"admins": ["platform"]}, "argocd_sso.admins names groups of no provider"),
    setting("argocd_admin_enabled", "perhaps", "must be true or false, not 'perhaps'"),
    # Grafana's login at a provider.
    setting("monitoring_grafana_oidc", "https://login.example.org", "must be a mapping of names to values"),
    setting("monitoring_grafana_oidc", GRAFANA | {"issuer": "x"}, "is not as it must be"),
    grafana("auth_url", None, "is no https URL: write the authorization endpoint"),
    grafana("token_url", "http://login.example.org/token", "is no https URL: write the token endpoint"),
    grafana("api_url", "login.example.org", "is no https URL: write the userinfo endpoint"),
    grafana("client_id", "", "is missing or none"),
    grafana("client_secret", "s3cret", "must be a mapping of names to values", "not the value that was given"),
    grafana("client_secret", {"name": "grafana-oidc"}, "names no key of a Secret", "key: client-secret"),
    grafana("client_secret", {"name": "Grafana", "key": "secret"}, "names no key of a Secret"),
    grafana("scopes", ["email"], "lacks openid"),
    grafana("groups_claim", "a b", "cannot be written into grafana.ini"),
    grafana("admins", "platform", "must be a list"),
    grafana("admins", ["it's"], "which is no name of a group"),
    setting("monitoring_grafana_oidc", GRAFANA | {"admins": []}, "monitoring_grafana_oidc names no group"),
    setting("argocd_accounts", {"admin": []}, "argocd_accounts.admin is no name for an account"),
    setting("argocd_accounts", {"ci": "applications, get, x/y"}, "argocd_accounts.ci is no list"),
    setting("argocd_accounts", {"ci": ["applications, get"]}, "is not a resource, an action and an object"),
    setting("argocd_receivers", [{"name": "x", "type": "pigeon"}], "write type: pagerduty, slack or webhook"),
    # The control node.
    setting("platform_state_dir", "landfall", "is not a full path"),
    setting("platform_environment", {"DEBUG": 1}, "platform_environment.DEBUG is no text: write it in quotes"),
    setting("platform_environment", {"TOKEN": ["h1dden"]}, "platform_environment.TOKEN is no text"),
    setting("platform_environment", {"TOKEN": 98765432109876543210}, "platform_environment.TOKEN is a value that JSON"),
    setting("platform_environment", {"A=h1dden": "x"}, "is no name of a variable", "such as HTTPS_PROXY"),
    setting("platform_environment", "PROXY=h1dden", "must be a mapping of names to values", "not the value that was"),
    setting("platform_lock_wait", -1, "too small"),
    # cert-manager, and the issuer that signs.
    setting("cert_manager_enabled", "perhaps", "must be true or false, not 'perhaps'"),
    setting("cert_manager_namespace", "Cert_Manager", "'Cert_Manager'", "is no name of a namespace"),
    setting("cert_manager_existing", "keep", "one of leave, adopt or refuse, not 'keep'"),
    setting("cert_manager_replicas", 0, "too small: write a whole number from 1 on"),
    setting("cert_manager_patience", "long", "must be a whole number, not 'long'"),
    setting("cert_manager_chart", {"vers": "v1.21.2"}, "is not as it must be", "vers"),
    setting("cert_manager_chart", {"version": "1.21"}, "cert_manager_chart"),
    setting("cert_manager_values", ["replicaCount"], "must be a mapping of names to values"),
    setting(
        "platform_tls_source", "cert_manager", "platform_tls_issuer names no issuer: write one", platform_tls_issuer={}
    ),
    setting("platform_tls_issuer", "letsencrypt", "must be a mapping of names to values"),
    setting("platform_tls_issuer", {"kind": "issuer", "name": "letsencrypt"}, "is not as it must be", "ClusterIssuer"),
    setting("platform_tls_issuer", {"nmae": "letsencrypt"}, "is not as it must be", "nmae"),
    setting("platform_tls_issuer", {"name": 7}, "platform_tls_issuer.name is the number 7, not text"),
    setting("platform_tls_issuer", {"name": "Let's Encrypt"}, "is no name of an object in Kubernetes"),
    setting("platform_tls_issuer", {"name": "a" * 254}, "at most 253 characters"),
    setting("platform_tls_timeout", 0, "too small: write a whole number from 1 on"),
    setting("platform_tls_timeout", "5m", "must be a whole number, not '5m'"),
    setting("platform_cluster_name", "my cluster!", "is no name of a cluster"),
)

# Each as a user writes it, and what is said of it. All stand in one list, so that one run judges them together.
HOOK = "https://hooks.slack.example/services/T0/B0/x"
WRONG_RECEIVERS: tuple[tuple[dict[str, Any], str], ...] = (
    ({"type": "slack", "url": HOOK}, "has no name"),
    ({"name": "sms", "type": "sms"}, "is of the type 'sms': write type: pagerduty, slack or webhook"),
    ({"name": "pager", "type": "pagerduty"}, "has no routing_key"),
    ({"name": "pager2", "type": "pagerduty", "routing_key": "{{ lookup('ansible.builtin.env', 'NOT_SET_AT_ALL') }}"},
     "(pager2) has an empty routing_key, which is what an environment variable that is not set gives"),
    ({"name": "pager3", "type": "pagerduty", "routing_key": "too-short"}, "has a routing_key of 9 characters"),
    ({"name": "pager4", "type": "pagerduty", "routing_key": "k" * 32, "region": "apac"}, "has the region 'apac'"),
    ({"name": "chat", "type": "slack"}, "has no url: write the URL of an incoming webhook"),
    ({"name": "chat2", "type": "slack", "url": HOOK, "channel": "alerts"}, "has the channel 'alerts'"),
    ({"name": "chat3", "type": "slack", "token": "xoxb-1-2"}, "has a token and no channel"),
    ({"name": "chat4", "type": "slack", "url": HOOK, "severities": ["fatal"]}, "has the severity 'fatal'"),
    ({"name": "chat5", "type": "slack", "webhook_url": HOOK, "url": HOOK}, "has webhook_url, which a receiver of type"),
    ({"name": "hook", "type": "webhook", "url": "http://automation.example.org/x"}, "with http to a public host"),
    ({"name": "hook2", "type": "webhook", "url": "automation"}, "has a url that is none"),
    ({"name": "hook3", "type": "webhook", "url": "https://a.example.org", "username": "u"}, "only one of username"),
    ({"name": "beat", "type": "webhook", "url": "https://a.example.org", "heartbeat": True, "severities": ["info"]},
     "is a heartbeat and has severities"),
    ({"name": "twice", "type": "slack", "url": HOOK}, "has 2 receivers of the name twice"),
    ({"name": "twice", "type": "slack", "url": f"{HOOK}2"}, ""),
)  # fmt: skip
TOGETHER = {"monitoring_receivers": [receiver for receiver, _ in WRONG_RECEIVERS]}
WRONG_SETTINGS += tuple(
    Row(f"a receiver that {said}", ("monitoring_receivers", said), TOGETHER) for _, said in WRONG_RECEIVERS if said
)
WRONG_SETTINGS += (setting("monitoring_receivers", "on-call", "must be a list", "not the value that was given"),)
