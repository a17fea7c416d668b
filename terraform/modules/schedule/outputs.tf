output "group" {
  description = "The schedule group, by its name in metrics."
  value       = aws_scheduler_schedule_group.this.name
}

output "log_group" {
  description = "Log group of the calls."
  value       = aws_cloudwatch_log_group.this.name
}

output "task_definition" {
  description = "Container definition of the calls, as registered in ECS."
  value = {
    arn        = aws_ecs_task_definition.call.arn
    family     = aws_ecs_task_definition.call.family
    containers = jsondecode(aws_ecs_task_definition.call.container_definitions)
  }
}

output "policies" {
  description = "IAM policies as data, for the tests."
  value = merge(module.execution_role.policies, {
    "${var.name}-scheduler" = local.scheduler_policy
  })
}
