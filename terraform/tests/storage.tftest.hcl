# The data bucket: which objects expire, which are for the public, and what a map on another site needs.
mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name           = "oa-dev"
  account        = "123456789012"
  task_role_arns = ["arn:aws:iam::123456789012:role/task"]
  settings = {
    public_read         = "cloudfront"
    noncurrent_days     = 30
    superseded_days     = 30
    cache_days          = 30
    infrequent_days     = 30
    force_destroy       = false
    images_kept         = 50
    cloudfront_class    = "PriceClass_100"
    allowed_cors_origin = "*"
  }
}

run "cloudfront" {
  command = apply

  module {
    source = "./modules/storage"
  }

  assert {
    condition = alltrue([
      for header in ["Content-Range", "Content-Length", "ETag", "Accept-Ranges"] :
      contains(aws_cloudfront_response_headers_policy.data[0].cors_config[0].access_control_expose_headers[0].items, header)
    ])
    error_message = "Readers of ranges need these headers."
  }

  assert {
    condition     = contains(aws_cloudfront_response_headers_policy.data[0].cors_config[0].access_control_allow_headers[0].items, "Range")
    error_message = "Readers of ranges send the header Range, which some browsers ask about first."
  }

  assert {
    condition     = toset(aws_cloudfront_distribution.data[0].default_cache_behavior[0].allowed_methods) == toset(["GET", "HEAD", "OPTIONS"])
    error_message = "Clients send GET, HEAD and preflights."
  }

  assert {
    condition = (
      aws_cloudfront_cache_policy.data[0].parameters_in_cache_key_and_forwarded_to_origin[0].query_strings_config[0].query_string_behavior == "none" &&
      aws_cloudfront_cache_policy.data[0].max_ttl == 24 * 3600
    )
    error_message = "A query must not fetch a file again; a deleted file leaves the edges within a day."
  }

  assert {
    condition     = toset([for error in aws_cloudfront_distribution.data[0].custom_error_response : "${error.error_code}: ${error.error_caching_min_ttl}"]) == toset(["403: 10", "404: 10"])
    error_message = "A missing file is requested again after seconds."
  }
}

run "requester_pays" {
  command = apply

  module {
    source = "./modules/storage"
  }

  variables {
    settings = {
      public_read         = "requester_pays"
      noncurrent_days     = 30
      superseded_days     = 30
      cache_days          = 30
      infrequent_days     = 30
      force_destroy       = false
      images_kept         = 50
      cloudfront_class    = "PriceClass_100"
      allowed_cors_origin = "*"
    }
  }

  assert {
    condition = {
      for statement in output.policies.bucket.Statement : statement.Sid => statement.Resource if startswith(statement.Sid, "Requester")
      } == {
      RequesterPays              = ["arn:aws:s3:::mock/job/*"]
      RequesterPaysNotForRecords = ["arn:aws:s3:::mock/job/*/claim.json", "arn:aws:s3:::mock/job/*/log.jsonl", "arn:aws:s3:::mock/job/*/result.json"]
    }
    error_message = "Other accounts read the files of attempts, not their records."
  }
}

run "expiration" {
  command = apply

  module {
    source = "./modules/storage"
  }

  variables {
    name           = "oa-dev"
    account        = "123456789012"
    task_role_arns = ["arn:aws:iam::123456789012:role/task"]
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
