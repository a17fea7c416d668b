locals {
  # Priority of each lane of oa_shared.scheduling: lanes with waiting users are higher. Where anyone can add jobs, each
  # owner has a share. Batch cannot add a policy to a queue, so the name of such a queue states that it has one.
  lanes = {
    pull_request = { priority = 30, has_shares = true }
    manual       = { priority = 20, has_shares = false }
    weekly       = { priority = 10, has_shares = false }
  }

  # Tiers of oa_shared.scheduling. Fargate supports the small ones; the others run on EC2 Spot.
  tiers = {
    small    = { platform = "FARGATE", vcpus = "0.5", memory_mib = 2048, disk_gib = 30 }
    standard = { platform = "FARGATE", vcpus = "1", memory_mib = 4096, disk_gib = 60 }
    large    = { platform = "EC2", vcpus = "4", memory_mib = 15000, disk_gib = null }
    huge     = { platform = "EC2", vcpus = "8", memory_mib = 60000, disk_gib = null }
  }

  # A queue supports compute environments of one kind only, so each lane has two queues.
  environments = {
    fargate = [aws_batch_compute_environment.fargate_spot.arn, aws_batch_compute_environment.fargate.arn]
    ec2     = [aws_batch_compute_environment.ec2_spot.arn]
  }

  queues = merge([
    for lane, settings in local.lanes : {
      (lane)           = merge(settings, { platform = "fargate" })
      "${lane}-on-ec2" = merge(settings, { platform = "ec2" })
    }
  ]...)

  stuck = {
    no_capacity   = "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY"
    too_large     = "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE"
    no_such_sizes = "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT"
  }
}

resource "aws_security_group" "task" {
  name        = "${var.name}-task"
  description = "Containers of jobs: no incoming connections"
  vpc_id      = var.vpc_id

  tags = { Name = "${var.name}-task" }
}

# Sources are on any port: FTP and odd web servers among them.
resource "aws_vpc_security_group_egress_rule" "task" {
  security_group_id = aws_security_group.task.id
  description       = "To the servers of sources and to AWS"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}

# Without service_role, Batch uses its service-linked role and creates it in an account that has none. An environment with
# another role cannot be updated in place.
resource "aws_batch_compute_environment" "fargate_spot" {
  compute_environment_name_prefix = "${var.name}-fargate-spot-"
  type                            = "MANAGED"

  compute_resources {
    type               = "FARGATE_SPOT"
    max_vcpus          = var.limits.standard_spot_vcpus
    subnets            = var.subnet_ids
    security_group_ids = [aws_security_group.task.id]
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_batch_compute_environment" "fargate" {
  compute_environment_name_prefix = "${var.name}-fargate-"
  type                            = "MANAGED"

  compute_resources {
    type               = "FARGATE"
    max_vcpus          = var.limits.standard_vcpus
    subnets            = var.subnet_ids
    security_group_ids = [aws_security_group.task.id]
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_batch_compute_environment" "ec2_spot" {
  compute_environment_name_prefix = "${var.name}-ec2-spot-"
  type                            = "MANAGED"

  compute_resources {
    type                = "SPOT"
    allocation_strategy = "SPOT_PRICE_CAPACITY_OPTIMIZED"
    min_vcpus           = 0
    max_vcpus           = var.limits.large_vcpus
    instance_type       = var.limits.instance_families
    instance_role       = aws_iam_instance_profile.host.arn
    subnets             = var.subnet_ids
    security_group_ids  = [aws_security_group.task.id]

    ec2_configuration {
      image_type = "ECS_AL2023"
    }

    launch_template {
      launch_template_id = aws_launch_template.host.id
      version            = aws_launch_template.host.latest_version
    }
  }

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [aws_iam_role_policy_attachment.host]
}

locals {
  # Batch runs simple jobs in the network of the host, where the hop limit below does not keep a container from the
  # metadata service: the firewall of the host refuses it to the user of the task. Batch adds its own parts.
  host_user_data = <<-EOT
    MIME-Version: 1.0
    Content-Type: multipart/mixed; boundary="==OA=="

    --==OA==
    Content-Type: text/cloud-boothook; charset="us-ascii"

    #!/bin/sh
    iptables --wait --insert OUTPUT --destination 169.254.169.254 --match owner --uid-owner ${local.task_user} --jump REJECT
    ip6tables --wait --insert OUTPUT --destination fd00:ec2::254 --match owner --uid-owner ${local.task_user} --jump REJECT

    --==OA==--
  EOT

  # The user of the task image.
  task_user = "65532"
}

resource "aws_launch_template" "host" {
  name        = "${var.name}-batch-host"
  description = "Hosts of large jobs: disk to unpack archives, and no access from containers to the credentials of the host"
  user_data   = base64encode(local.host_user_data)

  block_device_mappings {
    device_name = "/dev/xvda"

    ebs {
      volume_size           = var.limits.large_disk_gb
      volume_type           = "gp3"
      encrypted             = true
      delete_on_termination = true
    }
  }

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }
}

# The owner who has used the least within two hours goes first. A tenth of the capacity stays free for one who comes later.
resource "aws_batch_scheduling_policy" "owners" {
  name = "${var.name}-owners"

  fair_share_policy {
    share_decay_seconds = 7200
    compute_reservation = 10
  }
}

resource "aws_batch_job_queue" "this" {
  for_each = local.queues

  name                  = "${var.name}-${replace(each.key, "_", "-")}${each.value.has_shares ? "-shared" : ""}"
  state                 = "ENABLED"
  priority              = each.value.priority
  scheduling_policy_arn = each.value.has_shares ? aws_batch_scheduling_policy.owners.arn : null

  dynamic "compute_environment_order" {
    for_each = local.environments[each.value.platform]

    content {
      order               = compute_environment_order.key + 1
      compute_environment = compute_environment_order.value
    }
  }

  dynamic "job_state_time_limit_action" {
    for_each = local.stuck

    content {
      action           = "CANCEL"
      state            = "RUNNABLE"
      max_time_seconds = var.limits.stuck_s
      reason           = job_state_time_limit_action.value
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}
