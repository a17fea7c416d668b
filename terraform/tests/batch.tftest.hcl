# End and retries of jobs, and where they run.
mock_provider "aws" {
  source = "./tests/mocks"
}

run "batch" {
  command = apply

  module {
    source = "./modules/batch"
  }

  variables {
    name              = "oa-dev"
    region            = "us-east-1"
    partition         = "aws"
    vpc_id            = "vpc-0"
    subnet_ids        = ["subnet-0"]
    public_addresses  = false
    cpu_architecture  = "X86_64"
    image             = "mock:0"
    repository_arn    = "arn:aws:ecr:us-east-1:123456789012:repository/mock"
    bucket_arn        = "arn:aws:s3:::mock"
    results_queue_arn = "arn:aws:sqs:us-east-1:123456789012:mock"
    api_role_arn      = "arn:aws:iam::123456789012:role/oa-dev-api"
    log_days          = 30

    attempt_credentials = "on"
    limits = {
      standard_spot_vcpus = 8, standard_vcpus = 4, large_vcpus = 8, large_disk_gb = 100, instance_families = ["m7i"], attempt_s = 21600, stuck_s = 3600
    }
  }

  assert {
    condition = alltrue([for definition in aws_batch_job_definition.tier :
      [for rule in definition.retry_strategy[0].evaluate_on_exit : "${rule.action} ${rule.on_status_reason != null ? rule.on_status_reason : ""}${rule.on_reason != null ? rule.on_reason : ""}"] ==
      ["RETRY Host EC2*", "RETRY Your Spot Task was interrupted*", "RETRY CannotPull*", "EXIT OutOfMemoryError*", "EXIT *"]
    ])
    error_message = "Lost hosts and image pulls are retried; other failures are not."
  }

  assert {
    condition     = jsondecode(aws_iam_role.attempt.assume_role_policy).Statement == [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = "arn:aws:iam::123456789012:role/oa-dev-api" } }]
    error_message = "Only the api may assume the role of attempts."
  }

  assert {
    condition     = keys(aws_batch_job_definition.tier) == ["huge", "large", "small", "standard"]
    error_message = "Each tier has a job definition: see oa_shared.lanes."
  }

  assert {
    condition     = alltrue([for definition in aws_batch_job_definition.tier : definition.timeout[0].attempt_duration_seconds == 21600])
    error_message = "Every attempt has a time limit."
  }

  assert {
    condition = alltrue([for tier, platform in { small = "FARGATE", standard = "FARGATE", large = "EC2", huge = "EC2" } :
      one(aws_batch_job_definition.tier[tier].platform_capabilities) == platform
    ])
    error_message = "Small and standard run on Fargate, large and huge on EC2."
  }

  assert {
    condition     = alltrue([for definition in aws_batch_job_definition.tier : !try(jsondecode(definition.container_properties).privileged, false)])
    error_message = "No container is privileged."
  }

  assert {
    condition     = keys(output.queues_by_lane) == ["manual", "manual.huge", "manual.large", "pull_request", "pull_request.huge", "pull_request.large", "weekly", "weekly.huge", "weekly.large"]
    error_message = "Each lane of oa_shared.lanes has a queue, and one for the tiers on EC2."
  }

  assert {
    condition = (
      aws_batch_job_queue.this["pull_request"].priority > aws_batch_job_queue.this["manual"].priority &&
      aws_batch_job_queue.this["manual"].priority > aws_batch_job_queue.this["weekly"].priority
    )
    error_message = "Priority: pull requests, then manual runs, then the weekly run."
  }

  assert {
    condition = (
      toset([for key, queue in aws_batch_job_queue.this : key if queue.scheduling_policy_arn != null]) == toset(["pull_request", "pull_request-on-ec2"]) &&
      output.fair_share_lanes == ["pull_request"]
    )
    error_message = "Each author has a share of the lane of pull requests, and the dispatcher knows: Batch refuses a job without a share there, and with one elsewhere."
  }

  assert {
    condition     = alltrue([for queue in aws_batch_job_queue.this : endswith(queue.name, "-shared") == (queue.scheduling_policy_arn != null)])
    error_message = "A queue that gets or loses its policy gets another name, for it has to be replaced."
  }

  assert {
    condition     = length(aws_batch_scheduling_policy.owners.fair_share_policy[0].share_distribution) == 0 && aws_batch_scheduling_policy.owners.fair_share_policy[0].compute_reservation > 0
    error_message = "All owners weigh the same, and one alone does not get everything."
  }

  assert {
    condition     = alltrue([for queue in aws_batch_job_queue.this : length(queue.job_state_time_limit_action) == 3])
    error_message = "Jobs that cannot be placed are canceled."
  }

  assert {
    condition = alltrue([for definition in aws_batch_job_definition.tier :
      jsondecode(definition.container_properties).readonlyRootFilesystem &&
      jsondecode(definition.container_properties).mountPoints == [{ sourceVolume = "tmp", containerPath = "/tmp", readOnly = false }]
    ])
    error_message = "A container can write to /tmp only."
  }

  assert {
    condition = alltrue([for address in ["169.254.169.254", "fd00:ec2::254"] :
      strcontains(base64decode(aws_launch_template.host.user_data), "--destination ${address} --match owner --uid-owner 65532 --jump REJECT")
    ])
    error_message = "The hosts refuse their metadata service to the user of the task, in host networking too."
  }
}
