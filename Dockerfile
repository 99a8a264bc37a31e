# One image for worker, topics job and simulator: `docker build -t voronka .`
FROM python:3.11.13-slim-bookworm AS build
WORKDIR /build
COPY deploy/requirements.lock ./
# The environment gets no pip of its own; what it holds is locked by version and hash.
RUN python -m venv --without-pip /opt/voronka \
 && pip --python /opt/voronka/bin/python install --no-cache-dir --disable-pip-version-check \
      --require-hashes --requirement requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY streams streams
COPY agents agents
COPY dashboards dashboards
RUN pip --python /opt/voronka/bin/python install --no-cache-dir --disable-pip-version-check \
      --no-deps --no-build-isolation . \
 && /opt/voronka/bin/voronka --version

FROM python:3.11.13-slim-bookworm
LABEL org.opencontainers.image.title="voronka" \
      org.opencontainers.image.description="CRM events in Kafka become exact rolling sales KPIs in Prometheus" \
      org.opencontainers.image.licenses="MIT"
ENV PATH=/opt/voronka/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    VORONKA_DATA_DIR=voronka
COPY --from=build /opt/voronka /opt/voronka
USER 10001:10001
WORKDIR /tmp
EXPOSE 6066
# Alive, not ready: a worker that still recovers must not be restarted.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=6 \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:6066/healthz', timeout=4)"]
ENTRYPOINT ["voronka"]
CMD ["worker"]
