# The api as it is deployed: with the certificates that RDS signs its servers with, so that their names can be verified.
ARG BASE
FROM ${BASE}
ADD --chmod=644 https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem /etc/ssl/rds/global-bundle.pem
