"""Retries: automatic ones with backoff, those by hand, and what ends them."""

from typing import Any

from celery import shared_task
from celery.exceptions import Ignore, MaxRetriesExceededError
from celery.utils.log import get_task_logger
from shop import diary

logger = get_task_logger(__name__)


class FeedError(ConnectionError):
    """The feed did not answer."""


class FeedGoneError(FeedError):
    """The feed will never answer again."""


def download(url: str, retries: int) -> str:
    """`flaky:2` fails twice, `gone:1` is gone after one failure."""
    kind, _, number = url.partition(":")
    if kind == "gone" and retries >= int(number):
        raise FeedGoneError(url)
    if kind == "broken":
        raise ValueError(f"not a feed: {url}")
    if retries < int(number):
        raise FeedError(url, retries)
    return f"{url} after {retries}"


@shared_task(
    bind=True,
    autoretry_for=(ConnectionError,),
    dont_autoretry_for=(FeedGoneError,),
    retry_backoff=True,
    retry_backoff_max=2,
    retry_jitter=False,
    max_retries=3,
    throws=(FeedGoneError,),
)
def fetch_feed(self: Any, url: str) -> str:
    diary.write(self.request.id, "run", url=url, retries=self.request.retries, eta=self.request.eta is not None)
    return download(url, self.request.retries)


@shared_task(bind=True, autoretry_for=(FeedError,), retry_kwargs={"max_retries": 1, "countdown": 1}, acks_late=True)
def fetch_icon(self: Any, url: str) -> str:
    diary.write(self.request.id, "run", retries=self.request.retries)
    return download(url, self.request.retries)


@shared_task(bind=True, default_retry_delay=1, max_retries=2)
def deliver_webhook(self: Any, address: str, body: dict[str, Any], tried: int = 0) -> dict[str, Any]:
    """Tells itself how often it was tried, through its own arguments."""
    diary.write(self.request.id, "run", tried=tried, retries=self.request.retries, body=body)
    try:
        answer = download(address, self.request.retries)
    except FeedError as error:
        raise self.retry(exc=error, kwargs={"body": body, "tried": tried + 1}, args=(address,), countdown=1) from error
    return {"answer": answer, "tried": tried}


@shared_task(bind=True, max_retries=1, default_retry_delay=1)
def poll_hub(self: Any) -> str:
    """Asks once more, then does without, and does not fail."""
    try:
        self.retry()
    except MaxRetriesExceededError as error:
        return f"did without: {type(error).__name__}"
    return "not reached"


@shared_task(bind=True, max_retries=0)
def poll_hub_or_fail(self: Any) -> None:
    raise self.retry(countdown=0)


@shared_task(bind=True, ignore_result=True)
def skip_unchanged(self: Any) -> None:
    diary.write(self.request.id, "run")
    raise Ignore


@shared_task(bind=True)
def keep_count(self: Any, number: int, *, step: int = 1) -> int:
    """A callback: is handed the result of the task that it is linked to."""
    diary.write(self.request.id, "run", number=number, step=step)
    return number + step


@shared_task(bind=True)
def count_words(self: Any, text: str) -> int:
    diary.write(self.request.id, "run", text=text)
    if not text:
        raise FeedError("nothing to count")
    return len(text.split())


@shared_task(bind=True)
def report_failure(self: Any, failed_id: str) -> str:
    """An errback that is a task of its own: is handed the id."""
    diary.write(self.request.id, "run", failed=failed_id)
    return failed_id


@shared_task
def explain_failure(request: Any, error: BaseException, traceback: str) -> None:
    """An errback that is called where the failure was: is handed the request, the error and the traceback."""
    diary.write(request.id, "explained", error=error, traced=type(error).__name__ in traceback)
