"""Proves the Terraform configuration without an AWS account: `python -m oa_local.deployment`."""
