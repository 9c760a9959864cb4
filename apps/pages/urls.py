"""Paths of the pages API, below `api/v1/`."""

from django.urls import path

from apps.pages import views

urlpatterns = [
    path("pages/", views.PagesView.as_view(), name="pages"),
    path("pages/<int:page_id>/", views.PageView.as_view(), name="page"),
]
