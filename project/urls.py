"""Every path of the service."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("apps.ops.urls")),
    path("api/v1/", include("apps.files.urls")),
    path("api/v1/", include("apps.pages.urls")),
    path("api/", include("apps.deals.urls")),
    path("admin/", admin.site.urls),
]
if settings.DEBUG_TOOLBAR:
    urlpatterns.append(path("__debug__/", include("debug_toolbar.urls")))

handler400 = handler403 = handler404 = "apps.common.error_views.client_error"
handler500 = "apps.common.error_views.server_error"
