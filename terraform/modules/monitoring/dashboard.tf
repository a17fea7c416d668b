locals {
  charts = {
    "Queues: age of the oldest message" = [
      for key, names in var.queues : ["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", names.queue]
    ]
    "Queues: waiting" = [
      for key, names in var.queues : ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", names.queue]
    ]
    "Dead letters" = [
      for key, names in var.queues : ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", names.dead_letter]
    ]
    "Outbox, submitted and unended: oldest, s" = [
      for metric in ["OutboxAge", "OutboxStalled", "SubmittedAge", "UnendedAge"] : [local.namespace, metric]
    ]
    "Requests and errors" = [
      for metric in ["RequestCount", "HTTPCode_Target_5XX_Count", "HTTPCode_ELB_5XX_Count"] :
      ["AWS/ApplicationELB", metric, "LoadBalancer", var.load_balancer.metric_name]
    ]
    "Database: CPU and connections" = [
      for metric in ["CPUUtilization", "DatabaseConnections"] :
      ["AWS/RDS", metric, "DBInstanceIdentifier", var.database.identifier]
    ]
    "Services: CPU" = [
      for service in var.services.services :
      ["AWS/ECS", "CPUUtilization", "ClusterName", var.services.cluster, "ServiceName", service]
    ]
    "Weekly run: since the last one ended, s" = [[local.namespace, "WeeklyRunAge"]]
    "Sweeps"                                  = [for metric in ["ApiSweeps", "BatchSweeps"] : [local.namespace, metric]]
  }

  titles = sort(keys(local.charts))
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.name

  dashboard_body = jsonencode({
    widgets = [for place, title in local.titles : {
      type   = "metric"
      width  = 12
      height = 6
      x      = 12 * (place % 2)
      y      = 6 * floor(place / 2)
      properties = {
        title   = title
        region  = var.region
        stat    = strcontains(title, "Sweeps") || strcontains(title, "Requests") ? "Sum" : "Maximum"
        period  = 60
        view    = "timeSeries"
        metrics = local.charts[title]
      }
    }]
  })
}
