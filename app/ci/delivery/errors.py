"""What can go wrong, each told in one sentence that a person can act on."""


class DeliveryError(RuntimeError):
    """One sentence: what could not be done, and why. Trying again would not help."""


class LostRaceError(DeliveryError):
    """Somebody else pushed first: worth another try on what is there now."""


class UnreachableError(DeliveryError):
    """A server did not answer, or not with sense: worth another try in a moment."""


class RefusedError(DeliveryError):
    """A server answers and does not accept who asks."""


class ProtectedError(DeliveryError):
    """The branch takes no direct push."""
