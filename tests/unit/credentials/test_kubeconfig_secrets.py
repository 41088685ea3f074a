from ansible_collections.landfall.eks.plugins.module_utils.kube.masking import kubeconfig_secrets

SECRET_ENVIRONMENT = [{"name": "AWS_PROFILE", "value": "prod"}, {"name": "AWS_SECRET_ACCESS_KEY", "value": "s3cr3t"}]


def test_only_what_opens_the_cluster_is_masked() -> None:
    user = {"token": "t0ken", "client-key-data": "k3y", "client-certificate-data": "public"}
    kubeconfig = {
        "clusters": [{"name": "a", "cluster": {"server": "https://a.example.org"}}],
        "users": [{"name": "key-user", "user": user}, {"user": {"exec": {"env": SECRET_ENVIRONMENT}}}],
    }
    assert kubeconfig_secrets(kubeconfig) == {"t0ken", "k3y", "s3cr3t"}


def test_the_password_of_a_proxy_is_masked_as_it_is_written_and_as_it_is_meant() -> None:
    at = {"server": "https://a.example.org", "proxy-url": "http://eve:p%40ss@proxy.example.org:3128"}
    assert kubeconfig_secrets({"clusters": [{"name": "a", "cluster": at}]}) == {"p%40ss", "p@ss"}
    assert kubeconfig_secrets({"cluster": {"proxy-url": "http://proxy.example.org:3128"}}) == set()


def test_a_path_stays_readable() -> None:
    assert kubeconfig_secrets("/home/me/.kube/config") == set()
