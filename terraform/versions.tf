terraform {
  required_version = ">= 1.9.0, < 2.0.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }

  # Completed at init: terraform init -backend-config=prod.s3.tfbackend (see backend.example.tfbackend).
  backend "s3" {}
}

provider "aws" {
  region = var.region

  # A custom endpoint is an emulator: it has no account check, and addresses buckets by path.
  s3_use_path_style           = var.aws_endpoint != null
  skip_credentials_validation = var.aws_endpoint != null
  skip_metadata_api_check     = var.aws_endpoint != null

  dynamic "endpoints" {
    for_each = var.aws_endpoint[*]

    content {
      applicationautoscaling = endpoints.value
      batch                  = endpoints.value
      budgets                = endpoints.value
      cloudfront             = endpoints.value
      cloudwatch             = endpoints.value
      ec2                    = endpoints.value
      ecr                    = endpoints.value
      ecs                    = endpoints.value
      elbv2                  = endpoints.value
      events                 = endpoints.value
      iam                    = endpoints.value
      kms                    = endpoints.value
      logs                   = endpoints.value
      rds                    = endpoints.value
      route53                = endpoints.value
      s3                     = endpoints.value
      scheduler              = endpoints.value
      secretsmanager         = endpoints.value
      sns                    = endpoints.value
      sqs                    = endpoints.value
      sts                    = endpoints.value
      wafv2                  = endpoints.value
    }
  }

  default_tags {
    tags = local.tags
  }
}

# For the copies of backups; without them it makes no calls except for the identity of the account.
provider "aws" {
  alias  = "backup_copy"
  region = coalesce(var.database.backup_copy_region, var.region)

  skip_credentials_validation = var.aws_endpoint != null
  skip_metadata_api_check     = var.aws_endpoint != null

  dynamic "endpoints" {
    for_each = var.aws_endpoint[*]

    content {
      kms = endpoints.value
      rds = endpoints.value
      sts = endpoints.value
    }
  }

  default_tags {
    tags = local.tags
  }
}

locals {
  tags = {
    Project     = "openaddresses-batch"
    Environment = var.environment
    ManagedBy   = "terraform"
  }
}
