"""The admin as it is served: whole, and by nobody else."""

from tests.browser.site import Site
from tests.browser.window import Window


def test_the_admin_is_served_whole_and_asks_nobody_else_for_anything(window: Window, site: Site) -> None:
    window.log_in(site.make_user("visitor", "view_file"))

    assert window.one("#user-tools strong").text == "VISITOR"
    assert window.complaints() == []
    assert {f"http://{host}" for host in window.hosts()} == {site.url}
    window.photograph("index")
