# Validation of variables, before any call to AWS.
mock_provider "aws" {
  source = "./tests/mocks"
}

mock_provider "aws" {
  alias  = "backup_copy"
  source = "./tests/mocks"
}

variables {
  environment   = "dev"
  git_sha       = "0123456789abcdef0123456789abcdef01234567"
  shared_secret = "abcdefghijklmnopqrstuvwxyz012345"
}

run "secret_missing_is_refused" {
  command = plan
  variables {
    shared_secret = ""
  }
  expect_failures = [var.shared_secret]
}

run "secret_too_short_is_refused" {
  command = plan
  variables {
    shared_secret = "abcdefghijklmnopqrstuvwxyz01234"
  }
  expect_failures = [var.shared_secret]
}

run "secret_with_odd_characters_is_refused" {
  command = plan
  variables {
    shared_secret = "abcdefghijklmnopqrstuvwxyz012345$(id)"
  }
  expect_failures = [var.shared_secret]
}

run "previous_secret_equal_to_the_present_one_is_refused" {
  command = plan
  variables {
    shared_secret_previous = "abcdefghijklmnopqrstuvwxyz012345"
  }
  expect_failures = [var.shared_secret_previous]
}

run "sha_that_is_a_branch_is_refused" {
  command = plan
  variables {
    git_sha = "main"
  }
  expect_failures = [var.git_sha]
}

run "sha_cut_short_is_refused" {
  command = plan
  variables {
    git_sha = "0123456"
  }
  expect_failures = [var.git_sha]
}

run "unknown_environment_is_refused" {
  command = plan
  variables {
    environment = "production"
  }
  expect_failures = [var.environment]
}

run "prod_without_certificate_is_refused" {
  command = plan
  variables {
    environment = "prod"
  }
  expect_failures = [var.api]
}

run "more_submissions_than_batch_takes_are_refused" {
  command = plan
  variables {
    api = { dispatcher_tasks = 3, submits_per_s = 20 }
  }
  expect_failures = [var.api]
}

run "database_without_backups_is_refused" {
  command = plan
  variables {
    database = { backup_days = 0 }
  }
  expect_failures = [var.database]
}

run "unknown_way_of_public_reading_is_refused" {
  command = plan
  variables {
    storage = { public_read = "yes" }
  }
  expect_failures = [var.storage]
}

run "schedule_outside_the_api_is_refused" {
  command = plan
  variables {
    schedules = { odd = { expression = "rate(1 day)", path = "https://example.org" } }
  }
  expect_failures = [var.schedules]
}

run "sign_in_without_its_secret_is_refused" {
  command = plan
  variables {
    sign_in = { github_client_id = "Iv1.0123456789abcdef" }
  }
  expect_failures = [var.sign_in]
}

run "secret_of_a_sign_in_that_is_not_set_up_is_refused" {
  command = plan
  variables {
    sign_in = { secret_arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:oa-sign-in-AbCdEf" }
  }
  expect_failures = [var.sign_in]
}

run "unknown_role_of_members_is_refused" {
  command = plan
  variables {
    sign_in = { github_member_role = "service" }
  }
  expect_failures = [var.sign_in]
}

run "schedules_are_on_unless_turned_off" {
  command = plan

  assert {
    condition     = toset(keys(var.schedules)) == toset(["sources", "collections", "fabric", "cleanup", "report"])
    error_message = "Every schedule type of the API has a schedule."
  }

  assert {
    condition = alltrue([
      for name, schedule in var.schedules :
      schedule.enabled && schedule.path == "/api/schedule" && jsondecode(schedule.body) == { type = name }
    ])
    error_message = "Each schedule is enabled and sends its type to POST /api/schedule."
  }

  assert {
    condition     = contains(keys(output.alarms), "weekly-run-not-ended")
    error_message = "The weekly run has an alarm."
  }
}

# A plan from an empty state: the addresses of NAT gateways are unknown.
run "restricted_access_can_be_planned_from_nothing" {
  command = plan
  variables {
    api     = { allowed_cidrs = ["198.51.100.0/24", "203.0.113.7/32", "198.51.100.0/24"] }
    network = { nat_per_zone = true }
  }
}

run "maintenance_on_the_day_of_the_builds_is_refused" {
  command = plan
  variables {
    database = { maintenance_window = "sun:04:30-sun:05:30" }
  }
  expect_failures = [var.database]
}

run "maintenance_on_the_day_of_another_schedule_is_refused" {
  command = plan
  variables {
    schedules = { odd = { expression = "cron(0 20 ? * TUE *)" } }
  }
  expect_failures = [var.database]
}

run "schedule_that_is_off_does_not_count" {
  command = plan
  variables {
    schedules = { odd = { expression = "cron(0 20 ? * TUE *)", enabled = false } }
  }
}

run "backup_within_a_run_is_refused" {
  command = plan
  variables {
    database = { backup_window = "03:00-04:00" }
  }
  expect_failures = [var.database]
}

run "backup_after_midnight_within_a_run_is_refused" {
  command = plan
  variables {
    schedules = { odd = { expression = "cron(30 22 ? * FRI *)" } }
  }
  expect_failures = [var.database]
}

run "report_by_mail_without_a_mail_server_is_refused" {
  command = plan
  variables {
    care = { report_mail_to = ["ops@example.org"] }
  }
  expect_failures = [var.care]
}
