"""Where editors make pages: `pages` with its `blocks`, and `contents`, the list of all that is on any page.

The rule: what is read from a form is checked while the page's lock is held, and written by `services` alone.
"""

from apps.pages.admin import contents, pages

__all__ = ["contents", "pages"]
