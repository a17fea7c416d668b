# The second copy of the database's backups, in another region: every minute of the last `database.backup_days` there too.
locals {
  backup_copies = { for region in var.database.backup_copy_region[*] : "database" => region }

  # RDS uses the key through the grants that it makes for the caller.
  backup_key_policy = {
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OwnedByAccount"
      Effect    = "Allow"
      Principal = { AWS = "arn:${data.aws_partition.current.partition}:iam::${local.account}:root" }
      Action    = "kms:*"
      Resource  = "*"
    }]
  }
}

# A copy of an encrypted backup needs a key of its region. The key of RDS may not exist there yet.
resource "aws_kms_key" "backup_copy" {
  for_each = local.backup_copies
  provider = aws.backup_copy

  description             = "Copies of the database backups of ${local.name}"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy                  = jsonencode(local.backup_key_policy)
}

resource "aws_db_instance_automated_backups_replication" "copy" {
  for_each = local.backup_copies
  provider = aws.backup_copy

  source_db_instance_arn = module.database.arn
  kms_key_id             = aws_kms_key.backup_copy[each.key].arn
  retention_period       = local.database.backup_days
}
