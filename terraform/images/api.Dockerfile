# The deployed api: with the certificates of RDS, so that the names of its servers can be verified.
ARG BASE
FROM ${BASE}
ADD --chmod=644 https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem /etc/ssl/rds/global-bundle.pem
