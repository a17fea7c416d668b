# The services measure themselves in their log lines; here the lines become metrics.
locals {
  namespace = "OpenAddresses/${var.name}"

  line_metrics = {
    OutboxAge     = { log = "api", pattern = "{ $.event = \"backlog_measured\" }", value = "$.outbox_age_s" }
    OutboxStalled = { log = "api", pattern = "{ $.event = \"backlog_measured\" }", value = "$.outbox_stalled_s" }
    OutboxWaiting = { log = "api", pattern = "{ $.event = \"backlog_measured\" }", value = "$.outbox_waiting" }
    SubmittedAge  = { log = "api", pattern = "{ $.event = \"backlog_measured\" }", value = "$.submitted_age_s" }
    UnendedAge    = { log = "api", pattern = "{ $.event = \"backlog_measured\" }", value = "$.unended_age_s" }
    WeeklyRunAge  = { log = "api", pattern = "{ $.event = \"backlog_measured\" }", value = "$.weekly_run_age_s" }
    ApiSweeps     = { log = "api", pattern = "{ $.event = \"backlog_measured\" }", value = "1" }
    BatchSweeps   = { log = "dispatcher", pattern = "{ $.event = \"batch_swept\" }", value = "1" }
    CallsFailed   = { log = "schedule", pattern = "{ $.event = \"call_failed\" }", value = "1" }
  }
}

resource "aws_cloudwatch_log_metric_filter" "line" {
  for_each = local.line_metrics

  name           = "${var.name}-${each.key}"
  log_group_name = var.log_groups[each.value.log]
  pattern        = each.value.pattern

  metric_transformation {
    namespace = local.namespace
    name      = each.key
    value     = each.value.value
  }
}
