# Each schedule starts a small container that makes one call to the API and exits: see docs/decisions/0010.
resource "aws_cloudwatch_log_group" "this" {
  name              = "/oa/${var.name}-schedule"
  retention_in_days = var.log_days
}

resource "aws_ecs_task_definition" "call" {
  family                   = "${var.name}-call"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = module.execution_role.arn

  container_definitions = jsonencode([{
    name                   = "call"
    image                  = var.image
    essential              = true
    command                = ["call", "GET", "/api"]
    environment            = [{ name = "OA_API_URL", value = var.api_url }]
    secrets                = [{ name = "OA_SHARED_SECRET", valueFrom = var.secret_reference }]
    readonlyRootFilesystem = true
    privileged             = false
    mountPoints            = [{ sourceVolume = "tmp", containerPath = "/tmp", readOnly = false }]
    volumesFrom            = []
    portMappings           = []
    systemControls         = []
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.this.name
        awslogs-region        = var.region
        awslogs-stream-prefix = "call"
      }
    }
  }])

  volume {
    name = "tmp"
  }

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = var.cpu_architecture
  }
}

resource "aws_scheduler_schedule_group" "this" {
  name = var.name
}

locals {
  # The idempotency key makes repeated deliveries of one hour the same call. Scheduler replaces <…> in the text, where
  # jsonencode escapes the brackets.
  inputs = { for name, schedule in var.schedules : name => replace(replace(jsonencode({
    containerOverrides = [{
      name    = "call"
      command = concat(["call", schedule.method, schedule.path], schedule.body == "" ? [] : [schedule.body])
      environment = [
        { name = "OA_SCHEDULE", value = name },
        { name = "OA_IDEMPOTENCY_KEY", value = "${name}-<aws.scheduler.scheduled-time>" },
      ]
    }]
  }), "\\u003c", "<"), "\\u003e", ">") }
}

resource "aws_scheduler_schedule" "this" {
  for_each = var.schedules

  name                         = "${var.name}-${each.key}"
  group_name                   = aws_scheduler_schedule_group.this.name
  description                  = "${each.value.method} ${each.value.path}"
  state                        = each.value.enabled ? "ENABLED" : "DISABLED"
  schedule_expression          = each.value.expression
  schedule_expression_timezone = "UTC"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = var.cluster_arn
    role_arn = aws_iam_role.scheduler.arn

    input = local.inputs[each.key]

    ecs_parameters {
      task_definition_arn = aws_ecs_task_definition.call.arn
      launch_type         = "FARGATE"

      network_configuration {
        subnets          = var.subnet_ids
        security_groups  = [var.security_group_id]
        assign_public_ip = var.public_addresses
      }
    }

    retry_policy {
      maximum_event_age_in_seconds = 3600
      maximum_retry_attempts       = 20
    }
  }
}
