"""What a client would rather have (RFC 7240)."""

RESPOND_ASYNC = "respond-async"


def prefers_async(header: str) -> bool:
    """Whether its `Prefer` names it: preferences are separated by commas and may have parameters."""
    return any(one.partition(";")[0].strip().lower() == RESPOND_ASYNC for one in header.split(","))
