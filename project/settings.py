"""Django's settings, all derived from `project.config`."""

from importlib.util import find_spec

import dj_database_url
from corsheaders.defaults import default_headers

from project.config import load_config
from project.logging import logging_config
from project.openapi import OPENAPI

CONFIG = load_config()

SECRET_KEY = CONFIG.secret_key
DEBUG = CONFIG.debug
ALLOWED_HOSTS = list(CONFIG.allowed_hosts)
ROOT_URLCONF = "project.urls"
WSGI_APPLICATION = "project.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "apps.common.static_files.StaticFiles",
    "rest_framework",
    "rest_framework.authtoken",
    "drf_spectacular",
    "drf_spectacular_sidecar",  # Swagger UI, served as static files
    "polymorphic",  # ordered_model is not: its app only connects a signal that would renumber at each deletion
    "django_dramatiq",
    "apps.common",
    "apps.tasks",
    "apps.files",
    "apps.deals",
    "apps.pages",
    "apps.ops",
]

MIDDLEWARE = [
    "apps.ops.metrics.requests.middleware",
    "apps.common.request_ids.middleware",
    "apps.common.compression.middleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "apps.common.slashes.Slashes",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# --- database ---------------------------------------------------------------------------------------
# A connection lives as long as its thread; the health check finds the ones a restarted PostgreSQL left
# behind. The TCP settings bound how long a vanished server or client can hold a thread or a lock.
DATABASE = dj_database_url.parse(CONFIG.database_url, conn_max_age=600, conn_health_checks=True)
DATABASE["OPTIONS"] = {
    **DATABASE.get("OPTIONS", {}),
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    "options": "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3",
}
DATABASES = {"default": DATABASE}

# --- tasks ------------------------------------------------------------------------------------------
REDIS_URL = CONFIG.redis_url
TASKS = {
    "WORKER_PROCESSES": CONFIG.worker_processes,
    "WORKER_THREADS": CONFIG.worker_threads,
    "SHUTDOWN_GRACE_SECONDS": CONFIG.shutdown_grace_seconds,
    "LOG_DAYS": CONFIG.task_log_days,
}
DRAMATIQ_BROKER = {
    "BROKER": "apps.tasks.broker.LedgerBroker",
    "OPTIONS": {"url": CONFIG.redis_url},
    "MIDDLEWARE": [
        "django_dramatiq.middleware.DbConnectionsMiddleware",
        "dramatiq.middleware.ShutdownNotifications",
        "apps.tasks.middleware.time_limit.TimeLimit",
        "apps.tasks.middleware.measuring.Measuring",
        "apps.tasks.middleware.recorder.Recorder",
        "apps.tasks.middleware.lifecycle.Lifecycle",
        "apps.tasks.celery.worker_signals.WorkerSignals",
        "apps.ops.reporting.LastReports",
    ],
}
DRAMATIQ_IGNORED_MODULES = ["django_dramatiq.tasks"]
MIGRATION_MODULES = {"django_dramatiq": None}  # our ledger records invocations; its table would stay empty

# --- files ------------------------------------------------------------------------------------------
MEDIA_ROOT = CONFIG.data_dir / "media"
MAX_UPLOAD_BYTES = CONFIG.max_upload_bytes
# Uploads are spooled beside their final place, so that keeping one is a rename and a full disk is one disk.
FILE_UPLOAD_TEMP_DIR = MEDIA_ROOT / "incoming"
FILE_UPLOAD_TEMP_DIR.mkdir(parents=True, exist_ok=True)  # Django's checks want it to be there
FILE_UPLOAD_HANDLERS = ["apps.common.uploads.UploadHandler"]
FILE_UPLOAD_PERMISSIONS = 0o640
STORAGES = {
    "default": {
        "BACKEND": "apps.ops.media.S3Media",
        "OPTIONS": {
            "bucket_name": CONFIG.media_s3_bucket,
            "endpoint_url": CONFIG.media_s3_endpoint_url or None,
            "region_name": CONFIG.media_s3_region or None,
            "access_key": CONFIG.media_s3_access_key or None,
            "secret_key": CONFIG.media_s3_secret_key or None,
        },
    }
    if CONFIG.media_s3_bucket
    else {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage",
        "OPTIONS": {"file_permissions_mode": 0o644},  # public, unlike uploads: a proxy may be the one to serve them
    },
}
STATIC_URL = "static/"
STATIC_ROOT = CONFIG.static_dir

# --- forms: a page with thousands of blocks is edited as one -----------------------------------------
DATA_UPLOAD_MAX_NUMBER_FIELDS = 30_000
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024  # of all fields that are no files

# --- deals ------------------------------------------------------------------------------------------
MAX_DEALS_BYTES = CONFIG.max_deals_bytes
MAX_DEALS_FIELD_BYTES = CONFIG.max_deals_field_bytes
MAX_DEALS_LINE_BYTES = CONFIG.max_deals_line_bytes

# --- pages ------------------------------------------------------------------------------------------
DEMO_DATA = CONFIG.demo_data

# --- cache ------------------------------------------------------------------------------------------
# Nothing is only in there: without Redis everything is read from where it is kept.
CACHES = {
    "default": {
        "BACKEND": "apps.ops.cache.FailOpenRedisCache",
        "LOCATION": CONFIG.redis_url,
        "KEY_PREFIX": "understudy:cache",
    }
}

# --- API --------------------------------------------------------------------------------------------
TOKEN_ACCESS = CONFIG.api_access == "token"
THROTTLES = {"read": CONFIG.throttle_read, "write": CONFIG.throttle_write, "login": CONFIG.throttle_login}
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.TokenAuthentication",
        "apps.common.authentication.Session",
    ]
    if TOKEN_ACCESS
    else [],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated" if TOKEN_ACCESS else "rest_framework.permissions.AllowAny"
    ],
    "DEFAULT_THROTTLE_CLASSES": ["apps.common.throttling.Reads", "apps.common.throttling.Writes"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "apps.common.negotiation.Negotiation",
    "DEFAULT_SCHEMA_CLASS": "apps.common.schema.Description",
    "EXCEPTION_HANDLER": "apps.common.problems.exception_handler",
    "DEFAULT_RENDERER_CLASSES": [
        "rest_framework.renderers.JSONRenderer",
        "rest_framework.renderers.BrowsableAPIRenderer",
    ],
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
# Pages of other origins: with a token, never with this host's cookies.
if CONFIG.cors_origins:
    INSTALLED_APPS.append("corsheaders")
    MIDDLEWARE.insert(MIDDLEWARE.index("apps.common.compression.middleware"), "corsheaders.middleware.CorsMiddleware")
CORS_ALLOW_ALL_ORIGINS = "*" in CONFIG.cors_origins
CORS_ALLOWED_ORIGINS = [origin for origin in CONFIG.cors_origins if origin != "*"]
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_HEADERS = (*default_headers, "if-match", "if-none-match", "if-range", "prefer", "range", "x-request-id")
CORS_EXPOSE_HEADERS = [
    "Accept-Ranges", "Content-Disposition", "Content-Range", "ETag", "Link", "Location", "Preference-Applied",
    "Retry-After", "X-Request-ID",
]  # fmt: skip
SPECTACULAR_SETTINGS = OPENAPI

# --- operations -------------------------------------------------------------------------------------
METRICS_TOKEN = CONFIG.metrics_token
SENTRY_DSN = CONFIG.sentry_dsn

# --- the rest ---------------------------------------------------------------------------------------
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-us"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
SECURE_SSL_REDIRECT = CONFIG.https
SECURE_REDIRECT_EXEMPT = [r"^health/"]
SECURE_HSTS_SECONDS = 31_536_000 if CONFIG.https else 0
# For this host alone: a service decides neither for the other hosts of its domain nor for browsers' lists of domains.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if CONFIG.trusted_proxy else None
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = CONFIG.https
CSRF_FAILURE_VIEW = "apps.common.error_views.csrf_failure"
LOGGING = logging_config(CONFIG.log_format)

# --- Debug Toolbar: only in development, where it is installed, and for the machine the container runs on ---
DEBUG_TOOLBAR = DEBUG and find_spec("debug_toolbar") is not None
if DEBUG_TOOLBAR:
    INSTALLED_APPS.append("debug_toolbar")
    MIDDLEWARE.insert(0, "debug_toolbar.middleware.DebugToolbarMiddleware")
    INTERNAL_IPS = ["127.0.0.1", "::1"]
    DEBUG_TOOLBAR_CONFIG = {"SHOW_TOOLBAR_CALLBACK": "debug_toolbar.middleware.show_toolbar_with_docker"}
