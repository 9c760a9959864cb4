# Targets: `production` (built by default) runs web, worker and migrations; `runserver` and `tests` are for development.

FROM python:3.13-slim AS base
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DATA_DIR=/data \
    STATIC_DIR=/static
# The folders are the user's, and so will be the named volumes that are first mounted there.
RUN useradd --uid 1000 --user-group --no-create-home --shell /usr/sbin/nologin understudy \
    && install --directory --owner 1000 --group 1000 /data /data/media /data/media/incoming /static
WORKDIR /app

# --- packages: into a virtual environment that needs neither pip nor a compiler afterwards ---
FROM base AS packages
RUN python -m venv --without-pip /venv
COPY requirements.txt /requirements/
RUN --mount=type=cache,target=/root/.cache/pip \
    pip --python /venv/bin/python install --disable-pip-version-check --root-user-action ignore \
        --only-binary :all: --require-hashes -r /requirements/requirements.txt

FROM packages AS runserver-packages
COPY requirements-debug.txt /requirements/
RUN --mount=type=cache,target=/root/.cache/pip \
    pip --python /venv/bin/python install --disable-pip-version-check --root-user-action ignore \
        --only-binary :all: --require-hashes -r /requirements/requirements-debug.txt

FROM packages AS tests-packages
COPY requirements-dev.txt /requirements/
RUN --mount=type=cache,target=/root/.cache/pip \
    pip --python /venv/bin/python install --disable-pip-version-check --root-user-action ignore \
        --only-binary :all: --require-hashes -r /requirements/requirements-dev.txt

# --- the code, compiled because the process may not write, and its static files ---
FROM packages AS code
COPY manage.py ./
COPY project project
COPY apps apps
COPY migrations_data migrations_data
RUN python -m compileall -q .
# The settings want these; nothing is connected to, and nothing of them stays in the image.
RUN SECRET_KEY=unused ALLOWED_HOSTS=unused API_ACCESS=token DATA_DIR=/tmp \
    DATABASE_URL=postgresql://unused/unused REDIS_URL=redis://unused \
    python manage.py collectstatic --no-input

# --- development: the checkout is mounted over /app ---
FROM base AS runserver
COPY --from=runserver-packages /venv /venv
USER 1000:1000
EXPOSE 8000
CMD ["python", "manage.py", "runserver", "0.0.0.0:8000"]

FROM base AS tests
# Some tests fetch what they compare with; the user has no home to keep it in.
ENV XDG_CACHE_HOME=/tmp/cache
# Some tests ask with the clients that people use.
RUN apt-get update && apt-get install --yes --no-install-recommends curl chromium chromium-driver \
    && rm -rf /var/lib/apt/lists/*
COPY --from=tests-packages /venv /venv
COPY --chown=1000:1000 . .
RUN chown 1000:1000 /app
USER 1000:1000
CMD ["python", "-m", "pytest", "-n", "2", "--dist", "loadfile"]

FROM base AS production
# The base image's own pip has nothing left to do.
RUN pip uninstall --yes --quiet --root-user-action ignore pip
COPY --from=packages /venv /venv
COPY --from=code --chown=1000:1000 /static /static
COPY --from=code /app /app
USER 1000:1000
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["python", "-m", "apps.ops.probes", "web"]
CMD ["python", "manage.py", "serve"]
