locals {
  # What an alarm has unless it says otherwise.
  usual = {
    statistic = "Maximum"
    period    = 60
    periods   = 5
    above     = true
    missing   = "notBreaching"
  }

  sqs      = { namespace = "AWS/SQS" }
  rds      = { namespace = "AWS/RDS", dimensions = { DBInstanceIdentifier = var.database.identifier } }
  measured = { namespace = local.namespace, dimensions = {} }
  balancer = { namespace = "AWS/ApplicationELB", statistic = "Sum", period = 300, periods = 1 }

  queue_alarms = merge([for key, names in var.queues : {
    "${key}-dead" = merge(local.usual, local.sqs, {
      description = "Messages of the ${key} queue that nobody could deal with. Read the attribute `reason`, then redrive: docs/deploy.md."
      metric      = "ApproximateNumberOfMessagesVisible"
      dimensions  = { QueueName = names.dead_letter }
      periods     = 1
      threshold   = 0
    })
    "${key}-age" = merge(local.usual, local.sqs, {
      description = "The ${key} queue is not read fast enough, or not at all."
      metric      = "ApproximateAgeOfOldestMessage"
      dimensions  = { QueueName = names.queue }
      threshold   = var.limits.queue_age_s
    })
  }]...)

  system_alarms = {
    outbox-age = merge(local.usual, local.measured, {
      description = "Jobs are written but not sent: is SQS reachable, is the relay alive (GET / of the api)?"
      metric      = "OutboxAge"
      threshold   = var.limits.outbox_age_s
    })
    api-sweep-age = merge(local.usual, local.measured, {
      description = "The sweep of the api has not ended a pass for five minutes."
      metric      = "ApiSweeps"
      statistic   = "Sum"
      above       = false
      threshold   = 1
      missing     = "breaching"
    })
    batch-sweep-age = merge(local.usual, local.measured, {
      description = "The sweep of the dispatcher has not ended a pass for ten minutes."
      metric      = "BatchSweeps"
      statistic   = "Sum"
      period      = 300
      periods     = 2
      above       = false
      threshold   = 1
      missing     = "breaching"
    })
    jobs-runnable = merge(local.usual, local.measured, {
      description = "A job that Batch accepted has not started: is there capacity, are quotas reached?"
      metric      = "SubmittedAge"
      threshold   = var.limits.runnable_s
    })
    run-not-ended = merge(local.usual, local.measured, {
      description = "A job, and so its run, has not ended for ${var.limits.run_h} hours."
      metric      = "UnendedAge"
      threshold   = var.limits.run_h * 3600
    })
    api-5xx = merge(local.usual, local.balancer, {
      description = "The api answers with errors of its own."
      metric      = "HTTPCode_Target_5XX_Count"
      dimensions  = { LoadBalancer = var.load_balancer.metric_name }
      threshold   = var.limits.errors_5xx
    })
    load-balancer-5xx = merge(local.usual, local.balancer, {
      description = "The load balancer finds no healthy api."
      metric      = "HTTPCode_ELB_5XX_Count"
      dimensions  = { LoadBalancer = var.load_balancer.metric_name }
      threshold   = var.limits.errors_5xx
    })
    database-storage = merge(local.usual, local.rds, {
      description = "The database runs out of storage: has it reached max_storage_gb?"
      metric      = "FreeStorageSpace"
      statistic   = "Minimum"
      period      = 300
      periods     = 1
      above       = false
      threshold   = var.limits.free_storage_gb * 1024 * 1024 * 1024
    })
    database-connections = merge(local.usual, local.rds, {
      description = "The database soon refuses connections: fewer api tasks, or a larger instance."
      metric      = "DatabaseConnections"
      threshold   = floor(var.database.max_connections * 0.8)
    })
    database-cpu = merge(local.usual, local.rds, {
      description = "The database works at its limit."
      metric      = "CPUUtilization"
      statistic   = "Average"
      period      = 300
      periods     = 3
      threshold   = 85
    })
    schedule-not-started = merge(local.usual, {
      description = "EventBridge Scheduler could not start a call."
      namespace   = "AWS/Scheduler"
      metric      = "TargetErrorCount"
      dimensions  = { ScheduleGroup = var.schedule_group }
      statistic   = "Sum"
      period      = 300
      periods     = 1
      threshold   = 0
    })
    schedule-refused = merge(local.usual, local.measured, {
      description = "The api refused a scheduled call, or did not answer: the log group of the schedule says why."
      metric      = "CallsFailed"
      statistic   = "Sum"
      period      = 300
      periods     = 1
      threshold   = 0
    })
  }

  weekly_alarms = { for name in var.weekly_schedule[*] : "weekly-run-not-started" => merge(local.usual, local.measured, {
    description = "For seven days the api has not taken the weekly call of the schedule ${name}."
    metric      = "WeeklyCalls"
    statistic   = "Sum"
    period      = 24 * 3600
    periods     = 7
    above       = false
    threshold   = 1
    missing     = "breaching"
  }) }

  alarms = merge(local.queue_alarms, local.system_alarms, local.weekly_alarms)
}
