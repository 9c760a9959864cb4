"""Paths of the pages API, below `api/v1/pages/`."""

from django.urls import path

from apps.pages import views

urlpatterns = [
    path("", views.PagesView.as_view(), name="pages"),
    path("<int:page_id>/", views.PageView.as_view(), name="page"),
]
