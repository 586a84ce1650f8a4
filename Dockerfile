# syntax=docker/dockerfile:1
FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
RUN python -m venv /opt/pointsman /opt/build

# Dependencies first: they change less often than the project.
COPY requirements/ /src/requirements/
RUN /opt/pointsman/bin/pip install --require-hashes --requirement /src/requirements/worker.txt \
 && /opt/build/bin/pip install --require-hashes --requirement /src/requirements/build.txt

COPY . /src
WORKDIR /src
RUN /opt/build/bin/hatchling build --target wheel --directory /dist \
 && /opt/pointsman/bin/pip install --no-deps /dist/*.whl


FROM python:3.13-slim
# The two folders are for volumes, which take their owner from here.
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin pointsman \
 && install -d -o 10001 -m 0700 /passwords && install -d -o 10001 -m 0755 /definitions
COPY --from=build /opt/pointsman /opt/pointsman
ENV PATH=/opt/pointsman/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    POINTSMAN_CONFIG=/etc/pointsman/pointsman.yaml \
    POINTSMAN_HTTP=0.0.0.0:8080
USER 10001
WORKDIR /etc/pointsman
EXPOSE 8080

# Alive, not ready: a worker that waits for its broker is well.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["python", "-c", \
  "import os, urllib.request as r; p = os.environ['POINTSMAN_HTTP'].rpartition(':')[2]; r.urlopen(f'http://127.0.0.1:{p}/live', timeout=2)"]

ENTRYPOINT ["pointsman"]
CMD ["run"]
