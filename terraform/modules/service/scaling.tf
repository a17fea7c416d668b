resource "aws_appautoscaling_target" "this" {
  service_namespace  = "ecs"
  resource_id        = "service/${var.cluster.name}/${aws_ecs_service.this.name}"
  scalable_dimension = "ecs:service:DesiredCount"
  min_capacity       = var.scaling.min
  max_capacity       = var.scaling.max
}

resource "aws_appautoscaling_policy" "requests" {
  count = var.scaling.requests_per_task == null ? 0 : 1

  name               = "${var.name}-requests"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.this.service_namespace
  resource_id        = aws_appautoscaling_target.this.resource_id
  scalable_dimension = aws_appautoscaling_target.this.scalable_dimension

  target_tracking_scaling_policy_configuration {
    target_value       = var.scaling.requests_per_task
    scale_in_cooldown  = 300
    scale_out_cooldown = 60

    predefined_metric_specification {
      predefined_metric_type = "ALBRequestCountPerTarget"
      resource_label         = "${aws_lb.this[0].arn_suffix}/${aws_lb_target_group.this[0].arn_suffix}"
    }
  }
}

locals {
  # The age of the oldest message does not halve when tasks double, so scaling uses steps.
  steps = var.scaling.queue == null ? {} : {
    out = { change = 1, threshold = var.scaling.queue.age_s, comparison = "GreaterThanThreshold", periods = 1 }
    in  = { change = -1, threshold = 5, comparison = "LessThanOrEqualToThreshold", periods = 10 }
  }
}

resource "aws_appautoscaling_policy" "queue_age" {
  for_each = local.steps

  name               = "${var.name}-queue-age-${each.key}"
  policy_type        = "StepScaling"
  service_namespace  = aws_appautoscaling_target.this.service_namespace
  resource_id        = aws_appautoscaling_target.this.resource_id
  scalable_dimension = aws_appautoscaling_target.this.scalable_dimension

  step_scaling_policy_configuration {
    adjustment_type         = "ChangeInCapacity"
    metric_aggregation_type = "Maximum"
    cooldown                = 120

    step_adjustment {
      metric_interval_lower_bound = each.value.change > 0 ? 0 : null
      metric_interval_upper_bound = each.value.change > 0 ? null : 0
      scaling_adjustment          = each.value.change
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "queue_age" {
  for_each = local.steps

  alarm_name          = "${var.name}-scale-${each.key}"
  alarm_description   = "Scales ${var.name} ${each.key}; no action required."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateAgeOfOldestMessage"
  dimensions          = { QueueName = var.scaling.queue.name }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = each.value.periods
  threshold           = each.value.threshold
  comparison_operator = each.value.comparison
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_appautoscaling_policy.queue_age[each.key].arn]
}
