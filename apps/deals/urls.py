"""Paths of the deals API, below `api/`. The last two are those of its first version."""

from django.urls import path

from apps.deals import views

urlpatterns = [
    path("v1/deals/", views.DealsView.as_view(), name="deals"),
    path("v1/deals/imports/<int:import_id>/", views.ImportView.as_view(), name="deals-import"),
    path("v1/deals/imports/<int:import_id>/errors/", views.ImportErrorsView.as_view(), name="deals-import-errors"),
    path("process_deals/", views.UploadDealsView.as_view(), name="process-deals"),
    path("customer/", views.TopCustomersView.as_view(), name="customer"),
]
