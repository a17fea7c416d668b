# The two sizes, and variables that take precedence over them.
mock_provider "aws" {
  source = "./tests/mocks"
}

mock_provider "aws" {
  alias  = "backup_copy"
  source = "./tests/mocks"
}

variables {
  environment   = "staging"
  git_sha       = "0123456789abcdef0123456789abcdef01234567"
  shared_secret = "abcdefghijklmnopqrstuvwxyz012345"

  # Without an account, ECS does not report whether a deployment has succeeded.
  api = { wait_until_steady = false }
}

run "small" {
  command = apply

  variables {
    size = "small"
  }

  assert {
    condition     = keys(output.task_definitions) == ["api", "dispatcher", "schedule"]
    error_message = "The small size has no separate consumer."
  }

  assert {
    condition = [
      for setting in flatten([for container in output.task_definitions.api.containers : container.environment if container.name == "main"]) :
      setting.value if setting.name == "OA_CONSUMER"
    ] == ["true"]
    error_message = "Its api reads the results queue."
  }

  assert {
    condition = length(setsubtract(
      ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"],
      flatten([for statement in output.policy_statements : statement.actions if statement.role == "oa-staging-api" && statement.sid == "ReadResults"]),
    )) == 0
    error_message = "The role of the api may read the results queue."
  }

  assert {
    condition     = length([for statement in output.policy_statements : statement.id]) == length(toset([for statement in output.policy_statements : statement.id]))
    error_message = "The statements of a policy have different names."
  }

  assert {
    condition     = length(module.network.nat_cidrs) == 0 && module.network.service_subnet_ids != module.network.private_subnet_ids
    error_message = "There is no NAT gateway; the services are in public subnets, the database is not."
  }

  assert {
    condition     = one(aws_ecs_cluster.this.setting).value == "disabled" && length(aws_cloudwatch_log_group.insights) == 0
    error_message = "Container Insights are off."
  }

  assert {
    condition     = output.image_platform == "linux/arm64"
    error_message = "Containers run on Graviton."
  }

  assert {
    condition = (
      local.database.instance_class == "db.t4g.micro" && !local.database.multi_az && local.database.backup_days == 7 &&
      local.api.min_tasks == 1 && local.most_api_tasks == 1 && local.log_days == 30
    )
    error_message = "One api task, a small database in one zone, short retention."
  }

  assert {
    condition     = local.batch.standard_spot_vcpus + local.batch.standard_vcpus + local.batch.large_vcpus <= 64
    error_message = "The capacity of Batch bounds what an hour can cost."
  }

  assert {
    condition     = keys(output.batch_queues) == ["manual", "manual.huge", "manual.large", "pull_request", "pull_request.huge", "pull_request.large", "weekly", "weekly.huge", "weekly.large"]
    error_message = "Every lane and every tier exists in both sizes."
  }
}

run "standard_is_the_default" {
  command = plan

  assert {
    condition = (
      local.network.nat && !local.network.nat_per_zone && local.container_insights && local.log_days == 90 && local.size.has_consumer &&
      local.api.cpu == 512 && local.api.memory == 1024 && local.api.min_tasks == 2 && local.most_api_tasks == 6 && local.api.submits_per_s == 20 &&
      local.database.instance_class == "db.t4g.small" && local.database.max_connections == 190 && local.database.max_storage_gb == 200 && local.database.backup_days == 14 &&
      local.batch.standard_spot_vcpus == 256 && local.batch.standard_vcpus == 64 && local.batch.large_vcpus == 64 && local.batch.large_disk_gb == 300 &&
      local.storage.images_kept == 50 && output.image_platform == "linux/amd64"
    )
    error_message = "The default is the standard size."
  }
}

run "each_variable_takes_precedence" {
  command = plan

  variables {
    size               = "small"
    cpu_architecture   = "X86_64"
    container_insights = true
    log_days           = 365
    network            = { nat = true, nat_per_zone = true }
    api                = { cpu = 1024, min_tasks = 3 }
    database           = { instance_class = "db.r7g.large", multi_az = true }
    batch              = { large_vcpus = 128, instance_families = ["c7i", "m7i.2xlarge"] }
  }

  assert {
    condition = (
      output.image_platform == "linux/amd64" && local.container_insights && local.log_days == 365 && local.network.nat_per_zone &&
      local.api.cpu == 1024 && local.api.min_tasks == 3 && local.most_api_tasks == 3 && local.api.memory == 1024 &&
      local.database.instance_class == "db.r7g.large" && local.database.multi_az && local.database.max_connections == 80 &&
      local.batch.large_vcpus == 128 && local.batch.instance_families == tolist(["c7i", "m7i.2xlarge"]) && local.batch.standard_spot_vcpus == 36
    )
    error_message = "A variable that is set wins; the others keep the values of the size."
  }
}

run "restricted_access_without_nat_is_refused" {
  command = plan
  variables {
    size = "small"
    api  = { allowed_cidrs = ["198.51.100.0/24"] }
  }
  expect_failures = [var.api]
}

run "firewall_without_nat_is_refused" {
  command = plan
  variables {
    network = { nat = false }
    api     = { waf_requests_per_5_min = 2000 }
  }
  expect_failures = [var.api]
}

run "nat_per_zone_without_nat_is_refused" {
  command = plan
  variables {
    size    = "small"
    network = { nat_per_zone = true }
  }
  expect_failures = [var.network]
}

run "hosts_of_another_architecture_are_refused" {
  command = plan
  variables {
    size  = "small"
    batch = { instance_families = ["m7g", "m7i"] }
  }
  expect_failures = [var.batch]
}

run "graviton_hosts_for_x86_images_are_refused" {
  command = plan
  variables {
    batch = { instance_families = ["c7gn.large"] }
  }
  expect_failures = [var.batch]
}

run "unknown_size_is_refused" {
  command = plan
  variables {
    size = "tiny"
  }
  expect_failures = [var.size]
}
