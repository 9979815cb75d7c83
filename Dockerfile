# syntax=docker/dockerfile:1
# Two stages from Airbyte's Python base: the first installs, the second takes only what was installed.
ARG BASE_IMAGE=docker.io/airbyte/python-connector-base:4.1.0@sha256:1d1aa21d34e851df4e8a87b391c27724c06e2597608e7161f4d167be853bd7b6

FROM ${BASE_IMAGE} AS builder
# hadolint ignore=DL3002
USER root
WORKDIR /build
COPY requirements/main.txt ./
RUN pip install --no-cache-dir --no-compile --require-hashes -r main.txt
COPY pyproject.toml README.md LICENSE ./
COPY source_8x8_work_analytics ./source_8x8_work_analytics
# Bytecode is compiled here: without it every start would compile the CDK again.
RUN pip install --no-cache-dir --no-compile --no-deps . \
    && python -m compileall -q -j 0 /usr/local/lib

FROM ${BASE_IMAGE}
USER root
COPY --from=builder /usr/local /usr/local
USER airbyte
WORKDIR /airbyte/integration_code
ENV AIRBYTE_ENTRYPOINT="source-8x8-work-analytics"
LABEL io.airbyte.name="airbyte/source-8x8-work-analytics" \
      io.airbyte.version="0.3.0"
ENTRYPOINT ["source-8x8-work-analytics"]
