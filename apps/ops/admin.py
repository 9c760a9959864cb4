"""The admin's front page begins with the state of things (see `templatetags/overview.py`), its login has a limit."""

from django.contrib import admin

from apps.common.logins import LimitedLogin

admin.site.index_template = "ops/admin_index.html"
admin.site.login_form = LimitedLogin
