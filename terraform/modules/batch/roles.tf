locals {
  # The files of attempts, which the policy of the bucket lets a task create but not replace.
  files_of_attempts = [
    {
      Sid      = "Upload"
      Effect   = "Allow"
      Action   = ["s3:PutObject", "s3:AbortMultipartUpload"]
      Resource = ["${var.bucket_arn}/job/*"]
    },
    {
      Sid      = "Read"
      Effect   = "Allow"
      Action   = ["s3:GetObject"]
      Resource = ["${var.bucket_arn}/job/*"]
    },
  ]

  report = [
    {
      Sid      = "Report"
      Effect   = "Allow"
      Action   = ["sqs:SendMessage"]
      Resource = [var.results_queue_arn]
    },
  ]

  # The role is common to all containers: it opens the results queue, and no files unless containers have to use it.
  task_policy = {
    Version   = "2012-10-17"
    Statement = concat(local.report, var.attempt_credentials == "on" ? [] : local.files_of_attempts)
  }

  # The api assumes this role for one attempt at a time, with a policy that leaves the files of that attempt only
  # (oa_shared.aws.sts).
  attempt_policy = {
    Version   = "2012-10-17"
    Statement = local.files_of_attempts
  }

  assumed_by = { for service in ["ecs-tasks", "ec2"] : service => jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "${service}.amazonaws.com" }
    }]
  }) }
}

resource "aws_iam_role" "task" {
  name               = "${var.name}-task"
  assume_role_policy = local.assumed_by["ecs-tasks"]
}

resource "aws_iam_role_policy" "task" {
  name   = "task"
  role   = aws_iam_role.task.id
  policy = jsonencode(local.task_policy)
}

resource "aws_iam_role" "attempt" {
  name        = "${var.name}-attempt"
  description = "Files of attempts; the api assumes it for one attempt at a time"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { AWS = var.api_role_arn }
    }]
  })
}

resource "aws_iam_role_policy" "attempt" {
  name   = "attempt"
  role   = aws_iam_role.attempt.id
  policy = jsonencode(local.attempt_policy)
}

module "execution_role" {
  source         = "../execution_role"
  name           = "${var.name}-task-execution"
  repository_arn = var.repository_arn
  log_group_arn  = aws_cloudwatch_log_group.task.arn
}

resource "aws_iam_role" "host" {
  name               = "${var.name}-batch-host"
  assume_role_policy = local.assumed_by["ec2"]
}

resource "aws_iam_role_policy_attachment" "host" {
  role       = aws_iam_role.host.name
  policy_arn = "arn:${var.partition}:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role"
}

resource "aws_iam_instance_profile" "host" {
  name = "${var.name}-batch-host"
  role = aws_iam_role.host.name
}
