"""What can go wrong between a caller and the task layer."""


class TaskLayerError(Exception):
    """Base of the task layer's own errors."""


class InvocationExistsError(TaskLayerError):
    """An invocation with this id has not ended yet."""


class ClaimLostError(TaskLayerError):
    """This attempt was superseded: its worker was taken for dead and the invocation was given to another."""


class UnsupportedMessageError(TaskLayerError):
    """The message asks for something that this broker does not do."""
