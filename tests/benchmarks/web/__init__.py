"""What the web process is compared with: a plain DRF project, and a WSGI function without any framework.

All are served by `manage.py serve`, that is by the same Waitress with the same settings.
"""
