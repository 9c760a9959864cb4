"""The same paths as ours, so that the same limits hold."""

from django.urls import path

from tests.benchmarks.web.views import PlainAnswer, PlainUpload

urlpatterns = [
    path("api/v1/upload/", PlainUpload.as_view()),
    path("api/v1/deals/", PlainAnswer.as_view()),
    path("api/v1/pages/", PlainAnswer.as_view()),
    path("api/v1/pages/<int:page_id>/", PlainAnswer.as_view()),
]
