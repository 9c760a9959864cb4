"""What can be wrong with asking for a page or changing one, as errors of the domain."""

from apps.common.errors import DomainError


class NoSuchPageError(DomainError):
    """There is no such page."""

    code = "not_found"
    status = 404


class NoSuchContentError(DomainError):
    """There is no such content."""

    code = "not_found"
    status = 404


class OtherEditionError(DomainError):
    """Somebody else has changed the page meanwhile."""

    code = "other_edition"
    status = 409


class OtherContentsError(DomainError):
    """An order has to name each content of the page once, and no other."""

    code = "other_contents"
    status = 409
