"""A web process with its own database and Chromium beside it, both started once for all the browser tests."""

import base64
import os
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

from apps.ops.embedded import ports
from apps.ops.embedded.redis import RedisServer
from tests.browser.site import Site
from tests.browser.window import Window
from tests.support import databases, session
from tests.support.processes import MANAGE, REPOSITORY, ChildProcess

SCREENSHOTS = REPOSITORY / "test-output" / "browser"
CHROMIUM, DRIVER = (shutil.which(name) for name in ("chromium", "chromedriver"))
#: The pages are our own, so that the sandbox, which containers rarely allow, protects nothing. /dev/shm is small there.
SWITCHES = ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1280,1000", "--lang=en")
#: A drawing that changes, recorded; called back with it as a data URL.
RECORD = """
const done = arguments[0], canvas = document.createElement("canvas"), pen = canvas.getContext("2d");
const paint = setInterval(() => {
  pen.fillStyle = `hsl(${performance.now() % 360} 70% 50%)`; pen.fillRect(0, 0, canvas.width, canvas.height);
}, 20);
const recorder = new MediaRecorder(canvas.captureStream(30), {mimeType: "video/webm"});
recorder.ondataavailable = ({data}) => {
  const reader = new FileReader();
  reader.onload = () => done(reader.result);
  reader.readAsDataURL(data);
};
recorder.start();
setTimeout(() => { recorder.stop(); clearInterval(paint); }, 500);
"""


@pytest.fixture(scope="session")
def site(
    migrated_template: str, collected_static_files: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    folder = session.make_folder(Path(os.environ["DATA_DIR"]).parent)
    redis = RedisServer(folder / "redis")
    redis.start()
    environment = {
        **os.environ,
        "DATABASE_URL": databases.create_database(os.environ["DATABASE_URL"], template=migrated_template),
        "REDIS_URL": redis.url(),
        "DATA_DIR": str(folder / "data"),
        "PORT": str(ports.find_free_port()),
    }
    web = ChildProcess(
        [*MANAGE, "serve"], env=environment, output_path=tmp_path_factory.mktemp("browser") / "output.txt"
    )
    site = Site(environment)
    site.wait_until_it_answers()
    yield site
    web.kill_all()
    redis.stop()
    databases.drop_database(environment["DATABASE_URL"])
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chrome]:
    if not (CHROMIUM and DRIVER):
        pytest.skip("needs Chromium and its driver: on Debian, apt-get install chromium chromium-driver")
    options = ChromeOptions()
    options.binary_location = CHROMIUM
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for switch in SWITCHES:
        options.add_argument(switch)
    driver = Chrome(options=options, service=Service(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture
def video_address(chromium: Chrome, tmp_path: Path) -> Iterator[str]:
    """Of half a second of video on another server; Chromium itself has recorded it."""
    shown = chromium.current_window_handle
    chromium.switch_to.new_window("tab")
    recorded = chromium.execute_async_script(RECORD)
    chromium.close()
    chromium.switch_to.window(shown)
    (tmp_path / "video.webm").write_bytes(base64.b64decode(recorded.partition(",")[2]))
    handler = partial(SimpleHTTPRequestHandler, directory=tmp_path)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/video.webm"
        server.shutdown()


@pytest.fixture
def window(request: pytest.FixtureRequest, chromium: Chrome, site: Site) -> Iterator[Window]:
    """One window of nobody yet. What Chromium complains about, and every screenshot, belongs to the test."""
    chromium.switch_to.new_window("tab")
    window = Window(chromium, site, SCREENSHOTS, request.node.name)
    yield window
    for handle in chromium.window_handles[1:]:
        chromium.switch_to.window(handle)
        chromium.close()
    chromium.switch_to.window(chromium.window_handles[0])
    chromium.execute_cdp_cmd("Network.clearBrowserCookies", {})
