# Dead-letter queues, and the events that the results queue accepts.
mock_provider "aws" {
  source = "./tests/mocks"
}

run "queues" {
  command = apply

  module {
    source = "./modules/queues"
  }

  variables {
    name             = "oa-dev"
    senders          = { jobs = ["arn:aws:iam::123456789012:role/api"], results = ["arn:aws:iam::123456789012:role/task"] }
    readers          = { jobs = ["arn:aws:iam::123456789012:role/dispatcher"], results = ["arn:aws:iam::123456789012:role/consumer"] }
    batch_queue_arns = ["arn:aws:batch:us-east-1:123456789012:job-queue/oa-dev-weekly"]
  }

  assert {
    condition     = alltrue([for policy in aws_sqs_queue_redrive_policy.this : jsondecode(policy.redrive_policy).maxReceiveCount == 5])
    error_message = "A message is moved to the dead letters after five deliveries."
  }

  assert {
    condition     = keys(aws_sqs_queue_redrive_policy.this) == keys(aws_sqs_queue.this) && keys(aws_sqs_queue.dead) == keys(aws_sqs_queue.this)
    error_message = "Every queue has a dead-letter queue."
  }

  assert {
    condition     = alltrue([for queue in aws_sqs_queue.dead : queue.message_retention_seconds == 14 * 24 * 3600])
    error_message = "Dead letters are kept for 14 days."
  }

  assert {
    condition     = alltrue([for queue in merge(aws_sqs_queue.this, { for key, dead in aws_sqs_queue.dead : "${key}-dlq" => dead }) : queue.sqs_managed_sse_enabled])
    error_message = "Queues are encrypted."
  }

  assert {
    condition = [for statement in jsondecode(aws_sqs_queue_policy.this["results"].policy).Statement : statement.Principal.AWS
    if statement.Sid == "Send"] == [["arn:aws:iam::123456789012:role/task"]]
    error_message = "Only the named roles may send."
  }

  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.state_change.event_pattern).detail.jobQueue == ["arn:aws:batch:us-east-1:123456789012:job-queue/oa-dev-weekly"]
    error_message = "Only events of the Batch queues of this stack are accepted."
  }

  assert {
    condition     = aws_cloudwatch_event_target.results.dead_letter_config[0].arn == aws_sqs_queue.dead["results"].arn
    error_message = "An event that cannot be delivered is a dead letter."
  }
}
