output "topic_arn" {
  description = "Where alarms are told."
  value       = aws_sns_topic.alarms.arn
}

output "alarms" {
  description = "What is watched, by name."
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
