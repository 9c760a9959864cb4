"""Every benchmark, in the order of the report. A new one is a module in `cases` and a line here."""

from tests.benchmarks.benchmark import Benchmark
from tests.benchmarks.cases.deals_get import DealsGet
from tests.benchmarks.cases.deals_import import DealsImport
from tests.benchmarks.cases.deals_memory import DealsMemory
from tests.benchmarks.cases.drain import Drain
from tests.benchmarks.cases.endpoints import Endpoints
from tests.benchmarks.cases.files_list import FilesList
from tests.benchmarks.cases.live import Live
from tests.benchmarks.cases.pages_get import PagesGet
from tests.benchmarks.cases.pages_list import PagesList
from tests.benchmarks.cases.pickup import Pickup
from tests.benchmarks.cases.redelivery import Redelivery
from tests.benchmarks.cases.send import Delay, Send
from tests.benchmarks.cases.upload import Upload
from tests.benchmarks.cases.upload_memory import UploadMemory

BENCHMARKS: tuple[type[Benchmark], ...] = (
    Drain,
    Live,
    Send,
    Delay,
    Pickup,
    Redelivery,
    Endpoints,
    Upload,
    UploadMemory,
    FilesList,
    PagesGet,
    PagesList,
    DealsGet,
    DealsImport,
    DealsMemory,
)


def names() -> list[str]:
    return [benchmark.name for benchmark in BENCHMARKS]
