"""The admin's front page begins with the state of things: see `templatetags/overview.py`."""

from django.contrib import admin

admin.site.index_template = "ops/admin_index.html"
