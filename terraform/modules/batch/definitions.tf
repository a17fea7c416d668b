resource "aws_cloudwatch_log_group" "task" {
  name              = "/oa/${var.name}-task"
  retention_in_days = var.log_days
}

locals {
  container = {
    image            = var.image
    command          = ["job"]
    jobRoleArn       = aws_iam_role.task.arn
    executionRoleArn = module.execution_role.arn

    # Code that has taken over a container cannot change the program. All work is in /tmp.
    readonlyRootFilesystem = true
    volumes                = [{ name = "tmp", host = {} }]
    mountPoints            = [{ sourceVolume = "tmp", containerPath = "/tmp", readOnly = false }]

    environment = [
      { name = "AWS_DEFAULT_REGION", value = var.region },
      { name = "OA_TIME_LIMIT_S", value = tostring(var.limits.attempt_s - 1800) }, # the task reports its end, Batch only kills
    ]

    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.task.name
        awslogs-region        = var.region
        awslogs-stream-prefix = "task"
      }
    }
  }

  platforms = {
    FARGATE = {
      fargatePlatformConfiguration = { platformVersion = "LATEST" }
      networkConfiguration         = { assignPublicIp = var.public_addresses ? "ENABLED" : "DISABLED" }
      runtimePlatform              = { operatingSystemFamily = "LINUX", cpuArchitecture = var.cpu_architecture }
    }
    EC2 = {
      privileged = false
      user       = "${local.task_user}:${local.task_user}"
    }
  }

  # Batch evaluates at most five rules in this order. It retries only failures of the host whose
  # container never started or whose host is lost; all others end the attempt, and the api decides
  # by the failure code. Without the last rule Batch would retry failures that match no rule.
  ends = [
    { action = "RETRY", on_status_reason = "Host EC2*", on_reason = null },
    { action = "RETRY", on_status_reason = "Your Spot Task was interrupted*", on_reason = null },
    { action = "RETRY", on_status_reason = null, on_reason = "CannotPull*" },
    { action = "EXIT", on_status_reason = null, on_reason = "OutOfMemoryError*" },
    { action = "EXIT", on_status_reason = "*", on_reason = null },
  ]
}

resource "aws_batch_job_definition" "tier" {
  for_each = local.tiers

  name                       = "${var.name}-${each.key}"
  type                       = "container"
  platform_capabilities      = [each.value.platform]
  propagate_tags             = true
  deregister_on_new_revision = false # a dispatcher of the previous version still uses its revision

  container_properties = jsonencode(merge(
    local.container,
    local.platforms[each.value.platform],
    { for gib in each.value.disk_gib[*] : "ephemeralStorage" => { sizeInGiB = gib } },
    {
      resourceRequirements = [
        { type = "VCPU", value = each.value.vcpus },
        { type = "MEMORY", value = tostring(each.value.memory_mib) },
      ]
    },
  ))

  timeout {
    attempt_duration_seconds = var.limits.attempt_s
  }

  retry_strategy {
    attempts = 3

    dynamic "evaluate_on_exit" {
      for_each = local.ends

      content {
        action           = evaluate_on_exit.value.action
        on_status_reason = evaluate_on_exit.value.on_status_reason
        on_reason        = evaluate_on_exit.value.on_reason
      }
    }
  }
}
