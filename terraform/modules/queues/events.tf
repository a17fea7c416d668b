# Only final states: the task itself reports that a job runs.
resource "aws_cloudwatch_event_rule" "state_change" {
  name        = "${var.name}-batch-job-state-change"
  description = "Ended jobs of this stack's Batch queues"

  event_pattern = jsonencode({
    source      = ["aws.batch"]
    detail-type = ["Batch Job State Change"]
    detail = {
      jobQueue = var.batch_queue_arns
      status   = ["SUCCEEDED", "FAILED"]
    }
  })
}

resource "aws_cloudwatch_event_target" "results" {
  rule      = aws_cloudwatch_event_rule.state_change.name
  target_id = "results"
  arn       = aws_sqs_queue.this["results"].arn

  retry_policy {
    maximum_event_age_in_seconds = 3600
    maximum_retry_attempts       = 100
  }

  dead_letter_config {
    arn = aws_sqs_queue.dead["results"].arn
  }
}
