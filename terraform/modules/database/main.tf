locals {
  port     = 5432
  database = "openaddresses"
  username = "openaddresses" # the master user, as which only `oa-api migrate` logs in
  service  = "oa_service"    # the user of the services, which it creates
  logs     = toset(["postgresql", "upgrade"])

  url = "postgresql://%s@${aws_db_instance.this.address}:${local.port}/${local.database}?sslmode=verify-full&sslrootcert=/etc/ssl/rds/global-bundle.pem"
}

resource "aws_db_subnet_group" "this" {
  name       = var.name
  subnet_ids = var.subnet_ids
}

resource "aws_security_group" "this" {
  name        = "${var.name}-database"
  description = "Postgres from the services that own it"
  vpc_id      = var.vpc_id

  tags = { Name = "${var.name}-database" }
}

resource "aws_vpc_security_group_ingress_rule" "client" {
  for_each = var.clients

  security_group_id            = aws_security_group.this.id
  description                  = "Postgres from ${each.key}"
  referenced_security_group_id = each.value
  ip_protocol                  = "tcp"
  from_port                    = local.port
  to_port                      = local.port
}

resource "aws_db_parameter_group" "this" {
  name        = "${var.name}-postgres17"
  family      = "postgres17"
  description = "TLS required, slow statements logged"

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }

  parameter {
    name  = "log_min_duration_statement"
    value = "1000"
  }

  parameter {
    name  = "log_statement"
    value = "ddl"
  }

  lifecycle {
    create_before_destroy = true
  }
}

# RDS creates a log group that it does not find, and without retention.
resource "aws_cloudwatch_log_group" "export" {
  for_each = local.logs

  name              = "/aws/rds/instance/${var.name}/${each.key}"
  retention_in_days = var.log_days
}

resource "aws_db_instance" "this" {
  identifier     = var.name
  engine         = "postgres"
  engine_version = "17"
  instance_class = var.settings.instance_class

  db_name                     = local.database
  username                    = local.username
  port                        = local.port
  manage_master_user_password = true

  storage_type          = "gp3"
  allocated_storage     = var.settings.storage_gb
  max_allocated_storage = var.settings.max_storage_gb
  storage_encrypted     = true

  db_subnet_group_name   = aws_db_subnet_group.this.name
  vpc_security_group_ids = [aws_security_group.this.id]
  parameter_group_name   = aws_db_parameter_group.this.name
  ca_cert_identifier     = "rds-ca-rsa2048-g1"
  publicly_accessible    = false
  multi_az               = var.settings.multi_az

  backup_retention_period         = var.settings.backup_days
  backup_window                   = var.settings.backup_window
  maintenance_window              = var.settings.maintenance_window
  auto_minor_version_upgrade      = true
  copy_tags_to_snapshot           = true
  delete_automated_backups        = false
  deletion_protection             = var.settings.deletion_protection
  skip_final_snapshot             = !var.settings.deletion_protection
  final_snapshot_identifier       = "${var.name}-final"
  enabled_cloudwatch_logs_exports = local.logs
  performance_insights_enabled    = true

  depends_on = [aws_cloudwatch_log_group.export]
}

# The password of the services. A new one: terraform apply -replace=module.database.aws_secretsmanager_secret_version.service
# (docs/deploy.md). Secrets Manager keeps the previous value, which services use until the database has the new one.
resource "aws_secretsmanager_secret" "service" {
  name                    = "${var.name}/database"
  description             = "Password of the database user of the services"
  recovery_window_in_days = var.recovery_days
}

data "aws_secretsmanager_random_password" "service" {
  password_length     = 40
  exclude_punctuation = true
}

resource "aws_secretsmanager_secret_version" "service" {
  secret_id     = aws_secretsmanager_secret.service.id
  secret_string = jsonencode({ password = data.aws_secretsmanager_random_password.service.random_password })

  lifecycle {
    ignore_changes = [secret_string] # each plan reads another random password
  }
}
