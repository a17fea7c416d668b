locals {
  # Defaults of an alarm.
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
      description = "Messages of the ${key} queue could not be processed. Read the attribute `reason`, fix the cause, then redrive: docs/deploy.md."
      metric      = "ApproximateNumberOfMessagesVisible"
      dimensions  = { QueueName = names.dead_letter }
      periods     = 1
      threshold   = 0
    })
    "${key}-age" = merge(local.usual, local.sqs, {
      description = "The ${key} queue is read too slowly, or not at all."
      metric      = "ApproximateAgeOfOldestMessage"
      dimensions  = { QueueName = names.queue }
      threshold   = var.limits.queue_age_s
    })
  }]...)

  system_alarms = {
    outbox-age = merge(local.usual, local.measured, {
      description = "A message of the outbox does not reach the jobs queue: check that SQS is reachable, that the relay runs (GET / of the api) and that the dispatcher submits; see `message_refused` in the log of the api."
      metric      = "OutboxStalled"
      threshold   = var.limits.outbox_age_s
    })
    api-sweep-age = merge(local.usual, local.measured, {
      description = "The sweep of the api has not finished for five minutes."
      metric      = "ApiSweeps"
      statistic   = "Sum"
      above       = false
      threshold   = 1
      missing     = "breaching"
    })
    batch-sweep-age = merge(local.usual, local.measured, {
      description = "The sweep of the dispatcher has not finished for ten minutes."
      metric      = "BatchSweeps"
      statistic   = "Sum"
      period      = 300
      periods     = 2
      above       = false
      threshold   = 1
      missing     = "breaching"
    })
    jobs-runnable = merge(local.usual, local.measured, {
      description = "A job that Batch accepted has not started: check capacity and quotas."
      metric      = "SubmittedAge"
      threshold   = var.limits.runnable_s
    })
    run-not-ended = merge(local.usual, local.measured, {
      description = "A job, and thereby its run, has been open for ${var.limits.run_h} hours."
      metric      = "UnendedAge"
      threshold   = var.limits.run_h * 3600
    })
    api-5xx = merge(local.usual, local.balancer, {
      description = "The api returns 5xx errors."
      metric      = "HTTPCode_Target_5XX_Count"
      dimensions  = { LoadBalancer = var.load_balancer.metric_name }
      threshold   = var.limits.errors_5xx
    })
    load-balancer-5xx = merge(local.usual, local.balancer, {
      description = "The load balancer has no healthy api."
      metric      = "HTTPCode_ELB_5XX_Count"
      dimensions  = { LoadBalancer = var.load_balancer.metric_name }
      threshold   = var.limits.errors_5xx
    })
    database-storage = merge(local.usual, local.rds, {
      description = "The database runs out of storage: raise max_storage_gb."
      metric      = "FreeStorageSpace"
      statistic   = "Minimum"
      period      = 300
      periods     = 1
      above       = false
      threshold   = var.limits.free_storage_gb * 1024 * 1024 * 1024
    })
    database-connections = merge(local.usual, local.rds, {
      description = "The database is close to its connection limit: run fewer api tasks, or a larger instance."
      metric      = "DatabaseConnections"
      threshold   = floor(var.database.max_connections * 0.8)
    })
    database-cpu = merge(local.usual, local.rds, {
      description = "The database CPU is at its limit."
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
      description = "The api rejected a scheduled call, or did not answer: see the log group of the schedule."
      metric      = "CallsFailed"
      statistic   = "Sum"
      period      = 300
      periods     = 1
      threshold   = 0
    })
  }

  # A new database counts from its first migration, so a new stack has a week and a run's time until the alarm. If the api
  # does not measure, api-sweep-age is the alarm.
  weekly_alarms = { for name in var.weekly_schedule[*] : "weekly-run-not-ended" => merge(local.usual, local.measured, {
    description = "No live run of the schedule ${name} has ended for ${var.limits.weekly_run_h} hours: see the page /schedules, `schedule_failed` and `schedule_crashed` in the log of the api, and the log group of the schedule."
    metric      = "WeeklyRunAge"
    threshold   = var.limits.weekly_run_h * 3600
  }) }

  alarms = merge(local.queue_alarms, local.system_alarms, local.weekly_alarms)
}
