data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_availability_zones" "available" {
  state = "available"

  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

locals {
  name    = "oa-${var.environment}"
  account = data.aws_caller_identity.current.account_id
  images  = { for part, url in module.storage.repository_urls : part => "${url}:${var.git_sha}" }
  cluster = { arn = aws_ecs_cluster.this.arn, name = aws_ecs_cluster.this.name }

  api_url = var.api.domain == null ? "http://${module.api.load_balancer.dns_name}" : "https://${var.api.domain}"
}

module "network" {
  source = "./modules/network"

  name                = local.name
  region              = var.region
  zones               = slice(data.aws_availability_zones.available.names, 0, 2)
  cidr                = local.network.cidr
  nat                 = local.network.nat
  nat_per_zone        = local.network.nat_per_zone
  interface_endpoints = local.network.interface_endpoints
  log_days            = local.log_days
}

module "storage" {
  source = "./modules/storage"

  name           = local.name
  account        = local.account
  task_role_arns = [module.batch.task_role_arn, module.batch.attempt_role_arn]
  settings       = local.storage
}

module "database" {
  source = "./modules/database"

  name       = local.name
  vpc_id     = module.network.vpc_id
  subnet_ids = module.network.private_subnet_ids
  settings   = local.database
  log_days   = local.log_days

  recovery_days = var.environment == "prod" ? 30 : 0
  clients       = merge({ api = module.api.security_group_id }, { for consumer in module.consumer : "consumer" => consumer.security_group_id })
}

module "queues" {
  source = "./modules/queues"

  name             = local.name
  batch_queue_arns = module.batch.queue_arns

  senders = {
    jobs    = [module.api.role_arn]
    results = [module.dispatcher.role_arn, module.batch.task_role_arn]
  }
  readers = {
    jobs    = [module.dispatcher.role_arn]
    results = [local.results_reader.role_arn]
  }
}

module "batch" {
  source = "./modules/batch"

  name              = local.name
  region            = var.region
  partition         = data.aws_partition.current.partition
  vpc_id            = module.network.vpc_id
  subnet_ids        = module.network.task_subnet_ids
  public_addresses  = !local.network.nat
  cpu_architecture  = local.cpu_architecture
  image             = local.images["task"]
  repository_arn    = module.storage.repository_arns["task"]
  bucket_arn        = module.storage.bucket_arn
  results_queue_arn = module.queues.arns["results"].queue
  api_role_arn      = module.api.role_arn
  limits            = merge(local.batch, { instance_families = coalesce(local.batch.instance_families, local.instance_families[local.cpu_architecture]) })
  log_days          = local.log_days

  attempt_credentials = var.attempt_credentials
}

# ECS creates the log group of Container Insights when it does not find it, and without this retention.
resource "aws_cloudwatch_log_group" "insights" {
  count = local.container_insights ? 1 : 0

  name              = "/aws/ecs/containerinsights/${local.name}/performance"
  retention_in_days = local.log_days
}

resource "aws_ecs_cluster" "this" {
  name = local.name

  setting {
    name  = "containerInsights"
    value = local.container_insights ? "enabled" : "disabled"
  }

  depends_on = [aws_cloudwatch_log_group.insights]
}

# One secret with two keys: its version is part of the task definitions, so a change restarts the services.
resource "aws_secretsmanager_secret" "shared" {
  name                    = "${local.name}/shared-secret"
  description             = "Shared secret of internal requests to the API"
  recovery_window_in_days = var.environment == "prod" ? 30 : 0
}

resource "aws_secretsmanager_secret_version" "shared" {
  secret_id = aws_secretsmanager_secret.shared.id
  secret_string = jsonencode({
    current  = var.shared_secret
    previous = var.shared_secret_previous
  })
}

module "schedule" {
  source = "./modules/schedule"

  name              = local.name
  region            = var.region
  cluster_arn       = aws_ecs_cluster.this.arn
  cpu_architecture  = local.cpu_architecture
  subnet_ids        = module.network.service_subnet_ids
  public_addresses  = !local.network.nat
  security_group_id = module.dispatcher.security_group_id
  image             = local.images["api"]
  repository_arn    = module.storage.repository_arns["api"]
  api_url           = local.api_url
  secret_reference  = local.secret_current
  secret_arn        = aws_secretsmanager_secret.shared.arn
  schedules         = var.schedules
  log_days          = local.log_days
}

module "budget" {
  source = "./modules/budget"
  count  = var.budget == null ? 0 : 1

  name             = local.name
  account          = local.account
  settings         = var.budget
  emails           = var.alarms.emails
  topic_arn        = module.monitoring.topic_arn
  role             = { name = module.dispatcher.role_name, arn = module.dispatcher.role_arn }
  batch_queue_arns = module.batch.queue_arns
}

module "monitoring" {
  source = "./modules/monitoring"

  name             = local.name
  region           = var.region
  account          = local.account
  emails           = var.alarms.emails
  has_budget       = var.budget != null
  queues           = module.queues.names
  batch_queue_arns = module.batch.queue_arns
  schedule_group   = module.schedule.group
  weekly_schedule  = try(var.schedules.sources.enabled, false) ? "sources" : null
  limits           = var.alarms

  load_balancer = {
    metric_name   = module.api.load_balancer.metric_name
    target_metric = module.api.load_balancer.target_metric
  }
  database = {
    identifier      = module.database.identifier
    max_connections = local.database.max_connections
  }
  services = {
    cluster  = aws_ecs_cluster.this.name
    services = concat([module.api.name], module.consumer[*].name, [module.dispatcher.name])
  }
  log_groups = {
    api        = module.api.log_group
    dispatcher = module.dispatcher.log_group
    schedule   = module.schedule.log_group
  }
}
