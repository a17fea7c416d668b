locals {
  assumed_by_ecs = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
    }]
  })

  service_policy = {
    Version   = "2012-10-17"
    Statement = var.policy
  }
}

resource "aws_iam_role" "service" {
  name                  = var.name
  assume_role_policy    = local.assumed_by_ecs
  force_detach_policies = true # AWS Budgets may have attached the brake
}

resource "aws_iam_role_policy" "service" {
  name   = "service"
  role   = aws_iam_role.service.id
  policy = jsonencode(local.service_policy)
}

module "execution_role" {
  source         = "../execution_role"
  name           = "${var.name}-execution"
  repository_arn = var.repository_arn
  log_group_arn  = aws_cloudwatch_log_group.this.arn
  secret_arns    = concat(length(var.secrets) == 0 ? [] : var.secret_arns, try(var.before.secret_arns, []))
}
