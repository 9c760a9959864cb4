"""A middleware of Dramatiq's, so that tests see each attempt of the project's own tasks as they see those of probes."""

from dramatiq import Broker, MessageProxy, Middleware

from apps.tasks import runs
from tests.support.probes import traces


class NoteStarts(Middleware):
    """Leaves a start for each attempt, but for probes, which leave their own. Stands behind the Recorder, which knows
    the run."""

    def before_process_message(self, broker: Broker, message: MessageProxy) -> None:  # noqa: ARG002
        run = runs.current()
        if run is not None and not message.actor_name.startswith("probes."):
            traces.write_start(run.claim.id, run.claim.attempt)
