# The Flask application's image. `make lock` writes the base's digest where a registry answers; the tag alone is a
# moving target, which the release workflow refuses.
ARG BASE=python:3.13-slim

FROM ${BASE} AS build
WORKDIR /srv/app
COPY app/requirements.txt ./
# Wheels alone, at pinned hashes: nothing of a package runs while it is installed.
RUN python -m venv --without-pip /venv \
    && pip --python /venv/bin/python install --no-cache-dir --disable-pip-version-check \
        --require-hashes --only-binary :all: --requirement requirements.txt
COPY app/gunicorn.conf.py ./
COPY app/landfall_app landfall_app
# Compiled here, since the running container cannot write.
RUN python -m compileall -q --invalidation-mode unchecked-hash landfall_app && rm requirements.txt

FROM ${BASE}
# What installs packages is not needed to run any.
RUN python -c "import importlib.util, pathlib, shutil; \
    [shutil.rmtree(pathlib.Path(found.origin).parent) for found in map(importlib.util.find_spec, ('pip', 'ensurepip')) if found]" \
    && rm -f /usr/local/bin/pip* /usr/bin/pip*
ARG BASE
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="flask-app" \
      org.opencontainers.image.description="The sample Flask application of Landfall" \
      org.opencontainers.image.base.name="${BASE}" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
ENV PATH="/venv/bin:${PATH}" \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    APP_HOST=0.0.0.0 \
    APP_PORT=8080 \
    APP_VERSION="${VERSION}" \
    APP_REVISION="${REVISION}"
WORKDIR /srv/app
COPY --from=build /venv /venv
COPY --from=build /srv/app ./
USER 10001:10001
EXPOSE 8080
# gunicorn.conf.py in the working directory says the rest; gunicorn stops gracefully on SIGTERM.
CMD ["gunicorn"]
