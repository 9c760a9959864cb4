"""Every path of the service.

They are tried from the top, and each that does not fit is paid for: below those of files a GET of deals took a third
more of the processor. So what is asked most often stands first, under a prefix that nobody else has.
"""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from apps.deals import urls as deals

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/pages/", include("apps.pages.urls")),
    path("api/v1/deals/", include(deals.urlpatterns)),
    path("", include("apps.ops.urls")),
    path("api/v1/", include("apps.files.urls")),
    path("api/", include(deals.first_version)),
    path("admin/", admin.site.urls),
]
if settings.DEBUG_TOOLBAR:
    urlpatterns.append(path("__debug__/", include("debug_toolbar.urls")))

handler400 = handler403 = handler404 = "apps.common.error_views.client_error"
handler500 = "apps.common.error_views.server_error"
