"""The same path as ours, so that the same limits hold."""

from django.urls import path

from tests.benchmarks.web.views import PlainUpload

urlpatterns = [path("api/v1/upload/", PlainUpload.as_view())]
