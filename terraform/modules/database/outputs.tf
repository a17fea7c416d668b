output "identifier" {
  description = "Identifier of the instance in metrics."
  value       = aws_db_instance.this.identifier
}

output "arn" {
  description = "ARN of the instance."
  value       = aws_db_instance.this.arn
}

output "host" {
  description = "Host and port."
  value       = aws_db_instance.this.address
}

output "url" {
  description = "Connection URL without the password, which libpq reads from PGPASSWORD; the certificate is verified."
  value       = "postgresql://${local.username}@${aws_db_instance.this.address}:${local.port}/${local.database}?sslmode=verify-full&sslrootcert=/etc/ssl/rds/global-bundle.pem"
}

output "secret_arn" {
  description = "The secret that holds user and password, managed by RDS."
  value       = aws_db_instance.this.master_user_secret[0].secret_arn
}

output "max_storage_gb" {
  description = "Limit of automatic storage growth in GB."
  value       = var.settings.max_storage_gb
}
