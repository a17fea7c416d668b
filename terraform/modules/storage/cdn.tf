# Published files over CloudFront. Each is written once to its own key (Cache-Control: immutable), so browsers keep it;
# the edges check again each day, so that a deleted file is gone from them after a day.
resource "aws_cloudfront_origin_access_control" "data" {
  count = local.is_cloudfront ? 1 : 0

  name                              = local.bucket
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}

locals {
  # Managed policy CORS-S3Origin: S3 answers a preflight by its own rules.
  cors_to_s3 = "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf"
  edge_s     = 24 * 3600
}

# The key is the path alone: a query cannot make an edge fetch a file again. Files are compressed already.
resource "aws_cloudfront_cache_policy" "data" {
  count = local.is_cloudfront ? 1 : 0

  name        = "${var.name}-files"
  comment     = "Files that are written once"
  min_ttl     = 0
  default_ttl = local.edge_s
  max_ttl     = local.edge_s

  parameters_in_cache_key_and_forwarded_to_origin {
    enable_accept_encoding_brotli = false
    enable_accept_encoding_gzip   = false

    cookies_config {
      cookie_behavior = "none"
    }

    headers_config {
      header_behavior = "none"
    }

    query_strings_config {
      query_string_behavior = "none"
    }
  }
}

# Maps of other sites read ranges of tiles. The bytes are untrusted: no browser may make a document of them.
resource "aws_cloudfront_response_headers_policy" "data" {
  count = local.is_cloudfront ? 1 : 0

  name    = "${var.name}-files"
  comment = "Files for maps of other sites"

  cors_config {
    access_control_allow_credentials = false
    access_control_max_age_sec       = 24 * 3600
    origin_override                  = true

    access_control_allow_headers {
      items = ["Range", "If-Range", "If-None-Match", "If-Modified-Since"]
    }

    access_control_allow_methods {
      items = ["GET", "HEAD", "OPTIONS"]
    }

    access_control_allow_origins {
      items = [var.settings.allowed_cors_origin]
    }

    access_control_expose_headers {
      items = ["Accept-Ranges", "Content-Length", "Content-Range", "ETag"]
    }
  }

  custom_headers_config {
    items {
      header   = "Cross-Origin-Resource-Policy"
      value    = "cross-origin"
      override = true
    }
  }

  security_headers_config {
    content_type_options {
      override = true
    }

    content_security_policy {
      content_security_policy = "sandbox; default-src 'none'; frame-ancestors 'none'"
      override                = true
    }

    strict_transport_security {
      access_control_max_age_sec = 31536000
      include_subdomains         = true
      preload                    = true
      override                   = true
    }
  }
}

resource "aws_cloudfront_distribution" "data" {
  count = local.is_cloudfront ? 1 : 0

  enabled         = true
  comment         = "${var.name}: published data"
  price_class     = var.settings.cloudfront_class
  is_ipv6_enabled = true
  http_version    = "http2and3"

  origin {
    origin_id                = "data"
    domain_name              = aws_s3_bucket.data.bucket_regional_domain_name
    origin_access_control_id = aws_cloudfront_origin_access_control.data[0].id
  }

  # The policy of the bucket decides which keys it may read; all others are 403.
  default_cache_behavior {
    target_origin_id           = "data"
    allowed_methods            = ["GET", "HEAD", "OPTIONS"]
    cached_methods             = ["GET", "HEAD"]
    viewer_protocol_policy     = "redirect-to-https"
    cache_policy_id            = aws_cloudfront_cache_policy.data[0].id
    origin_request_policy_id   = local.cors_to_s3
    response_headers_policy_id = aws_cloudfront_response_headers_policy.data[0].id
    compress                   = false
  }

  # A file that is written a moment later must not stay missing; 403 is what S3 says of a missing key here.
  dynamic "custom_error_response" {
    for_each = toset([403, 404])

    content {
      error_code            = custom_error_response.value
      error_caching_min_ttl = 10
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    cloudfront_default_certificate = true
  }
}

locals {
  read_by_cloudfront = flatten([for distribution in aws_cloudfront_distribution.data : [
    {
      Sid       = "CloudFront"
      Effect    = "Allow"
      Principal = { Service = "cloudfront.amazonaws.com" }
      Action    = ["s3:GetObject"]
      Resource  = ["${aws_s3_bucket.data.arn}/job/*"]
      Condition = { StringEquals = { "AWS:SourceArn" = distribution.arn } }
    },
    {
      Sid       = "CloudFrontNotForRecords"
      Effect    = "Deny"
      Principal = { Service = "cloudfront.amazonaws.com" }
      Action    = ["s3:GetObject"]
      Resource  = [for file in local.private_files : "${aws_s3_bucket.data.arn}/job/*/${file}"]
      Condition = { StringEquals = { "AWS:SourceArn" = distribution.arn } }
    },
  ]])
}
