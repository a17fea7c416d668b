"""Checks of the Terraform configuration that need no AWS account: `python -m oa_tools.deployment`."""
