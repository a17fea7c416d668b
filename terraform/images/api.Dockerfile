# The deployed api: with the certificates of RDS, so that the names of its servers can be verified.
# bin/push-images builds it as further stages of services/api/Dockerfile.
ARG BASE
FROM python:3.11-slim-bookworm@sha256:a36c24f9cbdf4fd0f52d67f0823eeac19c2028c637cecc392d97f980d4fec56b AS certificates
# AWS appends to the bundle about once a year; the build fails until the digest of the new one is written here.
ARG RDS_BUNDLE_URL=https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem
ARG RDS_BUNDLE_SHA256=e5bb2084ccf45087bda1c9bffdea0eb15ee67f0b91646106e466714f9de3c7e3
COPY services/image/fetch_file.py /tmp/
RUN python3 /tmp/fetch_file.py "$RDS_BUNDLE_URL" "$RDS_BUNDLE_SHA256" /rds/global-bundle.pem

FROM ${BASE}
COPY --from=certificates /rds /etc/ssl/rds
