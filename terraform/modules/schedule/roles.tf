locals {
  scheduler_policy = {
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Run"
        Effect   = "Allow"
        Action   = ["ecs:RunTask"]
        Resource = ["${aws_ecs_task_definition.call.arn_without_revision}:*"]
      },
      {
        Sid      = "HandOverRole"
        Effect   = "Allow"
        Action   = ["iam:PassRole"]
        Resource = [module.execution_role.arn]
      },
    ]
  }

  assumed_by = { for service in ["scheduler", "ecs-tasks"] : service => jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "${service}.amazonaws.com" }
    }]
  }) }
}

resource "aws_iam_role" "scheduler" {
  name               = "${var.name}-scheduler"
  assume_role_policy = local.assumed_by["scheduler"]
}

resource "aws_iam_role_policy" "scheduler" {
  name   = "scheduler"
  role   = aws_iam_role.scheduler.id
  policy = jsonencode(local.scheduler_policy)
}

module "execution_role" {
  source         = "../execution_role"
  name           = "${var.name}-call-execution"
  repository_arn = var.repository_arn
  log_group_arn  = aws_cloudwatch_log_group.this.arn
  secret_arns    = [var.secret_arn]
}
