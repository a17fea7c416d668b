# Options that are off by default: budget, firewall, second copy of the backups, bucket of imported data.
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

run "all_of_them" {
  command = apply

  variables {
    budget   = { monthly_usd = 300 }
    api      = { waf_requests_per_5_min = 2000, wait_until_steady = false }
    database = { backup_copy_region = "us-west-2", backup_days = 21 }
    alarms   = { emails = ["ops@example.org"] }
    storage  = { imported_bucket = "v2.openaddresses.example" }
  }

  assert {
    condition = [
      for statement in output.policy_statements : "${statement.effect} ${join(" ", statement.actions)} ${join(" ", statement.resources)}" if statement.sid == "ReadImportedFiles"
    ] == ["Allow s3:GetObject arn:aws:s3:::v2.openaddresses.example/*"]
    error_message = "The API may read the bucket of imported data, and nothing more of it."
  }

  assert {
    condition = [
      for statement in output.policy_statements : "${statement.effect} ${join(" ", statement.actions)} ${length(statement.resources)}" if statement.sid == "Brake"
    ] == ["Deny batch:SubmitJob 6"]
    error_message = "The brake denies submissions to every Batch queue, and nothing else."
  }

  assert {
    condition = [
      for statement in output.policy_statements : "${join(" ", statement.actions)} ${join(" ", statement.resources)} ${join(" ", statement.keys)}" if statement.sid == "ApplyBrake"
    ] == ["iam:AttachRolePolicy iam:DetachRolePolicy arn:aws:iam::123456789012:role/mock iam:PolicyARN"]
    error_message = "AWS Budgets may attach one policy to one role."
  }

  assert {
    condition     = contains([for statement in output.policy_statements : statement.sid if statement.role == "alarms"], "Budgets")
    error_message = "AWS Budgets may publish to the topic of the alarms."
  }

  assert {
    condition     = aws_db_instance_automated_backups_replication.copy["database"].retention_period == 21 && aws_kms_key.backup_copy["database"].enable_key_rotation
    error_message = "The copies of the backups last as long as the backups."
  }
}

run "none_by_default" {
  command = plan

  assert {
    condition     = length(module.budget) == 0 && length(aws_kms_key.backup_copy) == 0 && length(aws_db_instance_automated_backups_replication.copy) == 0
    error_message = "Budget and second copy are options."
  }

  assert {
    condition     = !contains(flatten([for statement in output.policy_statements : statement.actions]), "iam:AttachRolePolicy")
    error_message = "Without a budget nothing may attach policies."
  }

  assert {
    condition     = !contains([for statement in output.policy_statements : statement.sid], "ReadImportedFiles")
    error_message = "Without a bucket of imported data nothing may read another bucket."
  }
}

run "copy_in_the_same_region_is_refused" {
  command = plan
  variables {
    database = { backup_copy_region = "us-east-1" }
  }
  expect_failures = [var.database]
}

run "budget_of_nothing_is_refused" {
  command = plan
  variables {
    budget = { monthly_usd = 0 }
  }
  expect_failures = [var.budget]
}

run "budget" {
  command = apply

  module {
    source = "./modules/budget"
  }

  variables {
    name             = "oa-dev"
    account          = "123456789012"
    settings         = { monthly_usd = 120, brake_percent = 90 }
    emails           = ["ops@example.org"]
    topic_arn        = "arn:aws:sns:us-east-1:123456789012:oa-dev-alarms"
    role             = { name = "oa-dev-dispatcher", arn = "arn:aws:iam::123456789012:role/oa-dev-dispatcher" }
    batch_queue_arns = ["arn:aws:batch:us-east-1:123456789012:job-queue/oa-dev-weekly"]
  }

  assert {
    condition = toset([for alert in aws_budgets_budget.this.notification : "${alert.notification_type} ${alert.threshold}"]) == toset([
      "ACTUAL 50", "ACTUAL 80", "ACTUAL 100", "FORECASTED 100",
    ])
    error_message = "Alerts at half, at four fifths, at the limit, and when it will be reached."
  }

  assert {
    condition     = alltrue([for alert in aws_budgets_budget.this.notification : length(alert.subscriber_sns_topic_arns) == 1 && length(alert.subscriber_email_addresses) == 1])
    error_message = "Every alert reaches the topic and the addresses."
  }

  assert {
    condition = (
      aws_budgets_budget_action.brake["submissions"].approval_model == "AUTOMATIC" &&
      aws_budgets_budget_action.brake["submissions"].notification_type == "ACTUAL" &&
      aws_budgets_budget_action.brake["submissions"].action_threshold[0].action_threshold_value == 90 &&
      one(aws_budgets_budget_action.brake["submissions"].definition[0].iam_action_definition[0].roles) == "oa-dev-dispatcher"
    )
    error_message = "The brake is applied to the dispatcher without approval, by what was spent."
  }
}

run "budget_without_a_brake" {
  command = apply

  module {
    source = "./modules/budget"
  }

  variables {
    name             = "oa-dev"
    account          = "123456789012"
    settings         = { monthly_usd = 120, brake_percent = 0 }
    emails           = []
    topic_arn        = "arn:aws:sns:us-east-1:123456789012:oa-dev-alarms"
    role             = { name = "oa-dev-dispatcher", arn = "arn:aws:iam::123456789012:role/oa-dev-dispatcher" }
    batch_queue_arns = ["arn:aws:batch:us-east-1:123456789012:job-queue/oa-dev-weekly"]
  }

  assert {
    condition     = length(aws_budgets_budget_action.brake) == 0 && length(aws_iam_role.budgets) == 0
    error_message = "Without a percentage nothing may attach a policy."
  }
}
