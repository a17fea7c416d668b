output "identifier" {
  description = "The instance, as metrics name it."
  value       = aws_db_instance.this.identifier
}

output "host" {
  description = "Where it listens."
  value       = aws_db_instance.this.address
}

output "url" {
  description = "Address without the password, which libpq takes from PGPASSWORD; the certificate is verified."
  value       = "postgresql://${local.username}@${aws_db_instance.this.address}:${local.port}/${local.database}?sslmode=verify-full&sslrootcert=/etc/ssl/rds/global-bundle.pem"
}

output "secret_arn" {
  description = "The secret in which RDS keeps user and password."
  value       = aws_db_instance.this.master_user_secret[0].secret_arn
}

output "max_storage_gb" {
  description = "Where the storage stops growing by itself."
  value       = var.settings.max_storage_gb
}
