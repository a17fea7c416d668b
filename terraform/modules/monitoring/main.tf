resource "aws_sns_topic" "alarms" {
  name = "${var.name}-alarms"
}

resource "aws_sns_topic_subscription" "email" {
  for_each = toset(var.emails)

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = each.value
}

resource "aws_sns_topic_policy" "alarms" {
  arn    = aws_sns_topic.alarms.arn
  policy = jsonencode(local.topic_policy)
}

locals {
  topic_policy = {
    Version = "2012-10-17"
    Statement = [for service, source in merge(
      {
        cloudwatch = { ArnLike = { "aws:SourceArn" = "arn:*:cloudwatch:*:${var.account}:alarm:${var.name}-*" } }
        events     = { ArnEquals = { "aws:SourceArn" = aws_cloudwatch_event_rule.blocked.arn } }
      },
      var.has_budget ? { budgets = { ArnLike = { "aws:SourceArn" = "arn:*:budgets::${var.account}:*" } } } : {},
      ) : {
      Sid       = title(service)
      Effect    = "Allow"
      Principal = { Service = "${service}.amazonaws.com" }
      Action    = ["sns:Publish"]
      Resource  = [aws_sns_topic.alarms.arn]
      Condition = source
    }]
  }
}

# Batch emits an event when the job at the head of a queue cannot be placed.
resource "aws_cloudwatch_event_rule" "blocked" {
  name        = "${var.name}-batch-queue-blocked"
  description = "The head of one of this stack's Batch queues cannot be placed"

  event_pattern = jsonencode({
    source      = ["aws.batch"]
    detail-type = ["Batch Job Queue Blocked"]
    resources   = var.batch_queue_arns
  })
}

resource "aws_cloudwatch_event_target" "blocked" {
  rule      = aws_cloudwatch_event_rule.blocked.name
  target_id = "alarms"
  arn       = aws_sns_topic.alarms.arn
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  period              = each.value.period
  evaluation_periods  = each.value.periods
  threshold           = each.value.threshold
  comparison_operator = each.value.above ? "GreaterThanThreshold" : "LessThanThreshold"
  treat_missing_data  = each.value.missing
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}
