# The data bucket: what expires, and what does not.
mock_provider "aws" {
  source = "./tests/mocks"
}

run "storage" {
  command = apply

  module {
    source = "./modules/storage"
  }

  variables {
    name          = "oa-dev"
    account       = "123456789012"
    task_role_arn = "arn:aws:iam::123456789012:role/task"
    settings = {
      public_read   = "none", noncurrent_days = 30, superseded_days = 30, cache_days = 7, infrequent_days = 30,
      force_destroy = false, images_kept = 10, cloudfront_class = "PriceClass_100", allowed_cors_origin = "*"
    }
  }

  # A rule with a prefix of "" and without a tag applies to every object.
  assert {
    condition = [
      for rule in aws_s3_bucket_lifecycle_configuration.data.rule : "${rule.noncurrent_version_expiration[0].noncurrent_days} ${rule.expiration[0].expired_object_delete_marker} ${rule.abort_incomplete_multipart_upload[0].days_after_initiation}"
      if rule.status == "Enabled" && rule.filter[0].prefix == "" && length(rule.filter[0].tag) == 0
    ] == ["30 true 2"]
    error_message = "Old versions, markers without versions and unfinished uploads expire below every prefix."
  }

  assert {
    condition = alltrue([
      for rule in aws_s3_bucket_lifecycle_configuration.data.rule :
      rule.filter[0].prefix == "cache/" || length(rule.filter[0].tag) > 0 if try(rule.expiration[0].days, 0) > 0
    ])
    error_message = "Current versions expire below cache/ only, or when they carry the tag of a superseded attempt."
  }

  assert {
    condition     = aws_s3_bucket_versioning.data.versioning_configuration[0].status == "Enabled"
    error_message = "Deleted and overwritten files can be restored."
  }
}
