locals {
  is_cloudfront     = var.settings.public_read == "cloudfront"
  is_requester_pays = var.settings.public_read == "requester_pays"
  bucket            = "${var.name}-${var.account}"
}

resource "aws_s3_bucket" "data" {
  bucket        = local.bucket
  force_destroy = var.settings.force_destroy
}

resource "aws_s3_bucket_ownership_controls" "data" {
  bucket = aws_s3_bucket.data.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_versioning" "data" {
  bucket = aws_s3_bucket.data.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "data" {
  bucket = aws_s3_bucket.data.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

# Requester pays means that every AWS account may read, which S3 counts as a public policy.
resource "aws_s3_bucket_public_access_block" "data" {
  bucket                  = aws_s3_bucket.data.id
  block_public_acls       = true
  ignore_public_acls      = true
  block_public_policy     = !local.is_requester_pays
  restrict_public_buckets = !local.is_requester_pays
}

resource "aws_s3_bucket_lifecycle_configuration" "data" {
  bucket                                 = aws_s3_bucket.data.id
  transition_default_minimum_object_size = "all_storage_classes_128K"

  # Attempts of jobs, including the published ones: they only move to a cheaper storage class.
  rule {
    id     = "attempts"
    status = "Enabled"

    filter {
      prefix = "job/"
    }

    transition {
      days          = var.settings.infrequent_days
      storage_class = "INTELLIGENT_TIERING"
    }
  }

  # Objects tagged as replaced by a newer attempt.
  rule {
    id     = "superseded-attempts"
    status = "Enabled"

    filter {
      tag {
        key   = "oa-state"
        value = "superseded"
      }
    }

    expiration {
      days = var.settings.superseded_days
    }
  }

  rule {
    id     = "caches"
    status = "Enabled"

    filter {
      prefix = "cache/"
    }

    expiration {
      days = var.settings.cache_days
    }
  }

  # Of every prefix: what was deleted or replaced, the markers that stay behind, and uploads that never ended.
  rule {
    id     = "leftovers"
    status = "Enabled"

    filter {
      prefix = ""
    }

    noncurrent_version_expiration {
      noncurrent_days = var.settings.noncurrent_days
    }

    expiration {
      expired_object_delete_marker = true
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 2
    }
  }

  depends_on = [aws_s3_bucket_versioning.data]
}

resource "aws_s3_bucket_cors_configuration" "data" {
  bucket = aws_s3_bucket.data.id

  # The maps on the pages read ranges of tiles.
  cors_rule {
    allowed_methods = ["GET", "HEAD"]
    allowed_origins = [var.settings.allowed_cors_origin]
    allowed_headers = ["Range"]
    expose_headers  = ["ETag", "Content-Range", "Content-Length"]
    max_age_seconds = 3600
  }
}

resource "aws_s3_bucket_request_payment_configuration" "data" {
  count = local.is_requester_pays ? 1 : 0

  bucket = aws_s3_bucket.data.id
  payer  = "Requester"
}

resource "aws_s3_bucket_policy" "data" {
  bucket = aws_s3_bucket.data.id
  policy = jsonencode(local.policy)

  depends_on = [aws_s3_bucket_public_access_block.data]
}

locals {
  tls_only = {
    Sid       = "TlsOnly"
    Effect    = "Deny"
    Principal = "*"
    Action    = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"]
    Resource  = [aws_s3_bucket.data.arn, "${aws_s3_bucket.data.arn}/*"]
    Condition = { Bool = { "aws:SecureTransport" = "false" } }
  }

  # Published data is read from the keys of attempts. A task may create objects there, but replace only its log.
  # CreateMultipartUpload and UploadPart have no such header; CompleteMultipartUpload has.
  write_once = {
    Sid         = "WriteOnce"
    Effect      = "Deny"
    Principal   = "*"
    Action      = ["s3:PutObject"]
    NotResource = ["${aws_s3_bucket.data.arn}/job/*/log.jsonl"]
    Condition = {
      Null      = { "s3:if-none-match" = "true" }
      Bool      = { "s3:ObjectCreationOperation" = "true" }
      ArnEquals = { "aws:PrincipalArn" = var.task_role_arns }
    }
  }

  # The records of an attempt are not for the public: a token, the container that holds the attempt, a log that grows.
  private_files = ["claim.json", "log.jsonl", "result.json"]

  read_by_requester = flatten([for _ in range(local.is_requester_pays ? 1 : 0) : [
    {
      Sid       = "RequesterPays"
      Effect    = "Allow"
      Principal = { AWS = "*" }
      Action    = ["s3:GetObject"]
      Resource  = ["${aws_s3_bucket.data.arn}/job/*"]
    },
    {
      Sid       = "RequesterPaysNotForRecords"
      Effect    = "Deny"
      Principal = { AWS = "*" }
      Action    = ["s3:GetObject"]
      Resource  = [for file in local.private_files : "${aws_s3_bucket.data.arn}/job/*/${file}"]
      Condition = { StringNotEquals = { "aws:PrincipalAccount" = var.account } }
    },
  ]])

  policy = {
    Version   = "2012-10-17"
    Statement = concat([local.tls_only, local.write_once], local.read_by_cloudfront, local.read_by_requester)
  }
}
