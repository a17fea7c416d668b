# A new deployment of the same version: ECS starts tasks with the current secrets, then stops the old ones.
resource "aws_scheduler_schedule" "restart" {
  for_each = var.restart.services

  name                         = "${var.name}-restart-${each.key}"
  group_name                   = aws_scheduler_schedule_group.this.name
  description                  = "Restart ${each.key} with the current secrets"
  schedule_expression          = var.restart.expression
  schedule_expression_timezone = "UTC"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = "arn:aws:scheduler:::aws-sdk:ecs:updateService"
    role_arn = aws_iam_role.restart.arn

    input = jsonencode({
      Cluster            = var.cluster_arn
      Service            = each.value
      ForceNewDeployment = true
    })

    retry_policy {
      maximum_event_age_in_seconds = 3600
      maximum_retry_attempts       = 20
    }
  }
}

locals {
  restart_policy = {
    Version = "2012-10-17"
    Statement = [{
      Sid      = "Restart"
      Effect   = "Allow"
      Action   = ["ecs:UpdateService"]
      Resource = values(var.restart.services)
    }]
  }
}

resource "aws_iam_role" "restart" {
  name               = "${var.name}-restart"
  assume_role_policy = local.assumed_by["scheduler"]
}

resource "aws_iam_role_policy" "restart" {
  name   = "restart"
  role   = aws_iam_role.restart.id
  policy = jsonencode(local.restart_policy)
}
