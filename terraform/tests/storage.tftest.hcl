# Public access to files: what a map on another site needs, and which objects are not for the public.
mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name          = "oa-dev"
  account       = "123456789012"
  task_role_arn = "arn:aws:iam::123456789012:role/task"
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
