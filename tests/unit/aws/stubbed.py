"""A session whose answers are written down, for what the simulated AWS does not know; botocore checks their shape."""

from botocore.stub import Stubber

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import Session


class Stubbed(Session):
    """Answers calls in their order: `said` holds (service, operation, answer or code of a refusal[, parameters])."""

    def __init__(self, *said):
        super().__init__("eu-central-1")
        self.said = list(said)

    def client(self, service, region="", **options):
        client = super().client(service, region, **options)
        stubber = Stubber(client)
        while self.said and self.said[0][0] == service:
            _, operation, answer, *parameters = self.said.pop(0)
            if isinstance(answer, str):
                stubber.add_client_error(operation, answer, "no", 403)
            else:
                stubber.add_response(operation, answer, *parameters)
            break
        stubber.activate()
        return client
