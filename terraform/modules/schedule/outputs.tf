output "group" {
  description = "The group of the schedules, as metrics name it."
  value       = aws_scheduler_schedule_group.this.name
}

output "log_group" {
  description = "Where the calls log."
  value       = aws_cloudwatch_log_group.this.name
}

output "policies" {
  description = "IAM policies as data, for the tests."
  value       = { "${var.name}-scheduler" = local.scheduler_policy, "${var.name}-call-execution" = local.execution_policy }
}
