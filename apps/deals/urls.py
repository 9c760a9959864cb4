"""Paths of the deals API: below `api/v1/deals/`, and those of its first version, below `api/`."""

from django.urls import path

from apps.deals import views

urlpatterns = [
    path("", views.DealsView.as_view(), name="deals"),
    path("imports/<int:import_id>/", views.ImportView.as_view(), name="deals-import"),
    path("imports/<int:import_id>/errors/", views.ImportErrorsView.as_view(), name="deals-import-errors"),
]
first_version = [
    path("process_deals/", views.UploadDealsView.as_view(), name="process-deals"),
    path("customer/", views.TopCustomersView.as_view(), name="customer"),
]
