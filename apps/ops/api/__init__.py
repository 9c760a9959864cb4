"""The part of the API that belongs to no domain: its description, and background tasks."""
