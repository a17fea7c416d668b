# The call of a schedule.
mock_provider "aws" {
  source = "./tests/mocks"
}

run "schedule" {
  command = apply

  module {
    source = "./modules/schedule"
  }

  variables {
    name              = "oa-dev"
    region            = "us-east-1"
    cluster_arn       = "arn:aws:ecs:us-east-1:123456789012:cluster/mock"
    subnet_ids        = ["subnet-0"]
    public_addresses  = false
    cpu_architecture  = "X86_64"
    security_group_id = "sg-0"
    image             = "mock:0"
    repository_arn    = "arn:aws:ecr:us-east-1:123456789012:repository/mock"
    api_url           = "https://batch.example.org"
    secret_reference  = "arn:aws:secretsmanager:us-east-1:123456789012:secret:mock-abcdef:current::"
    secret_arn        = "arn:aws:secretsmanager:us-east-1:123456789012:secret:mock-abcdef"
    log_days          = 30
    schedules = {
      sources = { expression = "rate(7 days)", method = "POST", path = "/api/schedule", body = "{\"type\": \"sources\"}", enabled = true }
      ping    = { expression = "rate(1 day)", method = "GET", path = "/api", body = "", enabled = false }
    }
  }

  assert {
    condition     = { for name, schedule in aws_scheduler_schedule.this : name => schedule.state } == { sources = "ENABLED", ping = "DISABLED" }
    error_message = "A schedule is enabled only if configured."
  }

  assert {
    condition     = jsondecode(aws_scheduler_schedule.this["sources"].target[0].input).containerOverrides[0].command == ["call", "POST", "/api/schedule", "{\"type\": \"sources\"}"]
    error_message = "The container gets method, path and body as arguments."
  }

  assert {
    condition     = jsondecode(aws_scheduler_schedule.this["ping"].target[0].input).containerOverrides[0].command == ["call", "GET", "/api"]
    error_message = "Without a body there is no body argument."
  }

  assert {
    condition     = strcontains(aws_scheduler_schedule.this["sources"].target[0].input, "sources-<aws.scheduler.scheduled-time>")
    error_message = "The placeholder of Scheduler must not be escaped."
  }
}
