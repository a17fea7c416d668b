locals {
  secrets     = [for key, reference in var.secrets : { name = key, valueFrom = reference }]
  environment = [for key, value in var.environment : { name = key, value = value }]

  container = {
    image                  = var.image
    environment            = local.environment
    secrets                = local.secrets
    readonlyRootFilesystem = true
    privileged             = false
    mountPoints            = [{ sourceVolume = "tmp", containerPath = "/tmp", readOnly = false }]
    volumesFrom            = []
    systemControls         = []
    linuxParameters        = { initProcessEnabled = true, capabilities = { add = [], drop = ["ALL"] } }

    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.this.name
        awslogs-region        = var.region
        awslogs-stream-prefix = "service"
      }
    }
  }

  # The services stop within 25 s of SIGTERM.
  main = merge(local.container, {
    name         = "main"
    essential    = true
    stopTimeout  = 40
    portMappings = [for public in var.public[*] : { containerPort = public.port, hostPort = public.port, protocol = "tcp" }]
    dependsOn    = [for container in local.before : { containerName = container.name, condition = "SUCCESS" }]
    healthCheck  = one(local.health_checks)
  })

  before = [for before in var.before[*] : merge(local.container, {
    name         = "before"
    command      = before.command
    environment  = [for key, value in before.environment : { name = key, value = value }]
    secrets      = [for key, reference in before.secrets : { name = key, valueFrom = reference }]
    essential    = false
    portMappings = []
  })]

  health_checks = [for port in var.health_port[*] : {
    command = [
      "CMD", "python3", "-c",
      "import urllib.request; urllib.request.urlopen('http://127.0.0.1:${port}${var.health_path}', timeout=4)",
    ]
    interval    = 15
    timeout     = 5
    retries     = 4
    startPeriod = 60
  }]
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/oa/${var.name}"
  retention_in_days = var.log_days
}

resource "aws_ecs_task_definition" "this" {
  family                   = var.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.size.cpu
  memory                   = var.size.memory
  execution_role_arn       = module.execution_role.arn
  task_role_arn            = aws_iam_role.service.arn

  # Null values are omitted, because the API returns the definition without them.
  container_definitions = jsonencode([
    for container in concat([local.main], local.before) :
    { for key, value in container : key => value if value != null }
  ])


  # The containers cannot write to their root. Temporary files are here: part of the 20 GiB of a Fargate task.
  volume {
    name = "tmp"
  }

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = var.cpu_architecture
  }
}

resource "aws_security_group" "service" {
  name        = var.name
  description = "Tasks of ${var.name}"
  vpc_id      = var.vpc_id

  tags = { Name = var.name }
}

# The other services, AWS and the servers of sources have no fixed addresses.
resource "aws_vpc_security_group_egress_rule" "service" {
  security_group_id = aws_security_group.service.id
  description       = "To AWS, the database and the servers of sources"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}

resource "terraform_data" "after" {
  input = var.after
}

resource "aws_ecs_service" "this" {
  name                               = var.name
  cluster                            = var.cluster.arn
  task_definition                    = aws_ecs_task_definition.this.arn
  desired_count                      = var.scaling.min
  launch_type                        = "FARGATE"
  platform_version                   = "LATEST"
  propagate_tags                     = "SERVICE"
  enable_ecs_managed_tags            = true
  health_check_grace_period_seconds  = var.public == null ? null : 120
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  wait_for_steady_state              = var.steady

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = var.subnet_ids
    security_groups  = [aws_security_group.service.id]
    assign_public_ip = var.public_addresses
  }

  dynamic "load_balancer" {
    for_each = var.public[*]

    content {
      target_group_arn = aws_lb_target_group.this[0].arn
      container_name   = "main"
      container_port   = load_balancer.value.port
    }
  }

  lifecycle {
    # Autoscaling owns the number of tasks.
    ignore_changes = [desired_count]
  }

  depends_on = [
    aws_iam_role_policy.service,
    aws_lb_listener.http,
    aws_lb_listener.https,
    terraform_data.after,
  ]
}

# The provider is content with the old tasks if the circuit breaker rolls back. Whatever comes after this service waits for
# this check; without a wait, such as in an emulator, there is nothing to check.
resource "terraform_data" "deployed" {
  count = var.steady ? 1 : 0

  triggers_replace = [aws_ecs_service.this.id, aws_ecs_task_definition.this.arn]

  provisioner "local-exec" {
    command = "python3 \"$PROGRAM\" \"$REGION\" \"$CLUSTER\" \"$SERVICE\" \"$TASK_DEFINITION\""
    environment = {
      PROGRAM         = "${path.module}/check_deployment.py"
      REGION          = var.region
      CLUSTER         = var.cluster.name
      SERVICE         = var.name
      TASK_DEFINITION = aws_ecs_task_definition.this.arn
    }
  }

  depends_on = [aws_ecs_service.this]
}
