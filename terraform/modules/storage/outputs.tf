output "bucket" {
  description = "Name of the data bucket."
  value       = aws_s3_bucket.data.bucket
}

output "bucket_arn" {
  description = "ARN of the data bucket."
  value       = aws_s3_bucket.data.arn
}

output "repository_urls" {
  description = "Repository URLs of the images of api, dispatcher and task."
  value       = { for name, repository in aws_ecr_repository.image : name => repository.repository_url }
}

output "repository_arns" {
  description = "ARNs of the image repositories, for policies."
  value       = { for name, repository in aws_ecr_repository.image : name => repository.arn }
}

output "public_url" {
  description = "Public URL of published files, if enabled."
  value       = one([for distribution in aws_cloudfront_distribution.data : "https://${distribution.domain_name}"])
}

output "policies" {
  description = "The bucket policy as data, for the tests."
  value       = { bucket = local.policy }
}
