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
  description = "Connection URL of the services, without the password; the certificate is verified."
  value       = format(local.url, local.service)
}

output "secret_arn" {
  description = "The secret whose key `password` is the password of the services."
  value       = aws_secretsmanager_secret.service.arn
}

output "migration" {
  description = "Settings and secrets of `oa-api migrate`, which logs in as the master user and updates the user of the services."
  value = {
    environment = {
      OA_DATABASE_URL = format(local.url, local.username)
      OA_SERVICE_USER = local.service
    }
    # The version makes a new password a new task definition, whose first container gives it to the database.
    secrets = {
      PGPASSWORD          = "${aws_db_instance.this.master_user_secret[0].secret_arn}:password::"
      OA_SERVICE_PASSWORD = "${aws_secretsmanager_secret.service.arn}:password::${aws_secretsmanager_secret_version.service.version_id}"
    }
    secret_arns = [aws_db_instance.this.master_user_secret[0].secret_arn, aws_secretsmanager_secret.service.arn]
  }
}

output "max_storage_gb" {
  description = "Limit of automatic storage growth in GB."
  value       = var.settings.max_storage_gb
}
