"""Paths of the files API."""

from django.urls import path

from apps.files import views

urlpatterns = [
    path("upload/", views.UploadView.as_view(), name="upload"),
    path("files/", views.FileListView.as_view(), name="file-list"),
    path("files/<int:file_id>/", views.FileView.as_view(), name="file-detail"),
    path("files/<int:file_id>/content/", views.ContentView.as_view(), name="file-content"),
    path("files/<int:file_id>/thumbnail/", views.ThumbnailView.as_view(), name="file-thumbnail"),
    path("files/<int:file_id>/process/", views.ProcessView.as_view(), name="file-process"),
]
