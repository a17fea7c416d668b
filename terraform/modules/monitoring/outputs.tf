output "topic_arn" {
  description = "The SNS topic of the alarms."
  value       = aws_sns_topic.alarms.arn
}

output "alarms" {
  description = "Alarms, by name."
  value       = local.alarms
}

output "dashboard" {
  description = "Name of the dashboard."
  value       = aws_cloudwatch_dashboard.this.dashboard_name
}

output "policies" {
  description = "The topic's policy as data, for the tests."
  value       = { alarms = local.topic_policy }
}
