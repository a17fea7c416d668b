# The database: its logs, windows and backups.
mock_provider "aws" {
  source = "./tests/mocks"
}

run "database" {
  command = apply

  module {
    source = "./modules/database"
  }

  variables {
    name          = "oa-dev"
    vpc_id        = "vpc-0"
    subnet_ids    = ["subnet-0", "subnet-1"]
    clients       = { api = "sg-0" }
    recovery_days = 7
    log_days      = 30
    settings = {
      instance_class = "db.t4g.small", storage_gb = 20, max_storage_gb = 200, multi_az = false, backup_days = 14,
      backup_window  = "01:00-02:00", maintenance_window = "tue:08:00-tue:09:00", deletion_protection = true
    }
  }

  assert {
    condition = (
      startswith(output.url, "postgresql://oa_service@") && startswith(output.migration.environment.OA_DATABASE_URL, "postgresql://openaddresses@") &&
      output.secret_arn == aws_secretsmanager_secret.service.arn && startswith(output.migration.secrets.PGPASSWORD, aws_db_instance.this.master_user_secret[0].secret_arn)
    )
    error_message = "Services have their own user and secret; only migrations have those of the master user."
  }

  assert {
    condition     = length(jsondecode(aws_secretsmanager_secret_version.service.secret_string).password) >= 40
    error_message = "The password of the services is random and long."
  }

  assert {
    condition = (
      { for name in aws_db_instance.this.enabled_cloudwatch_logs_exports : "/aws/rds/instance/oa-dev/${name}" => 30 } ==
      { for group in aws_cloudwatch_log_group.export : group.name => group.retention_in_days }
    )
    error_message = "Each log that RDS exports has a log group with retention: RDS would create it without."
  }

  assert {
    condition     = aws_db_instance.this.backup_window == "01:00-02:00" && aws_db_instance.this.maintenance_window == "tue:08:00-tue:09:00"
    error_message = "The windows are those of the variables, which the root module compares with the schedules."
  }

  assert {
    condition     = !aws_db_instance.this.publicly_accessible && aws_db_instance.this.storage_encrypted && !aws_db_instance.this.delete_automated_backups
    error_message = "The database is private and encrypted, and its backups outlive it."
  }
}
