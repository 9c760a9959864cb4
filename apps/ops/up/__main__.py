"""`python -m apps.ops.up`, which is `run`; that Ctrl-C ends it without a traceback from the first moment on."""

import signal
import sys

# Until the supervisor minds it nothing has been started, and what the imports load takes long enough for a Ctrl-C.
signal.signal(signal.SIGINT, signal.SIG_DFL)

from apps.ops.up import run  # noqa: E402 — see above

if __name__ == "__main__":
    sys.exit(run.main())
