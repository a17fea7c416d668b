resource "aws_cloudfront_origin_access_control" "data" {
  count = local.is_cloudfront ? 1 : 0

  name                              = local.bucket
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}

# Managed policies of AWS: caching by the headers of S3, and CORS with security headers.
locals {
  caching_optimized = "658327ea-f89d-4fab-a63d-7e88639e58f6"
  cors_and_security = "e61eb60c-9c35-4d20-a928-2b84e02af89c"
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

  default_cache_behavior {
    target_origin_id           = "data"
    allowed_methods            = ["GET", "HEAD"]
    cached_methods             = ["GET", "HEAD"]
    viewer_protocol_policy     = "redirect-to-https"
    cache_policy_id            = local.caching_optimized
    response_headers_policy_id = local.cors_and_security
    compress                   = false # published files are compressed
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
