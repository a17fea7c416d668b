output "name" {
  description = "The ECS service."
  value       = aws_ecs_service.this.name
}

output "service_id" {
  description = "The service, for services updated after it: known once it runs the new task definition."
  value       = aws_ecs_service.this.id

  depends_on = [terraform_data.deployed]
}

output "role_arn" {
  description = "The role of the tasks."
  value       = aws_iam_role.service.arn
}

output "role_name" {
  description = "Name of the role of the tasks."
  value       = aws_iam_role.service.name
}

output "execution_role_arn" {
  description = "The execution role of ECS."
  value       = module.execution_role.arn
}

output "security_group_id" {
  description = "Security group of the tasks."
  value       = aws_security_group.service.id
}

output "task_definition" {
  description = "Container definition, as registered in ECS."
  value = {
    arn        = aws_ecs_task_definition.this.arn
    family     = aws_ecs_task_definition.this.family
    containers = jsondecode(aws_ecs_task_definition.this.container_definitions)
  }
}

output "log_group" {
  description = "Log group."
  value       = aws_cloudwatch_log_group.this.name
}

output "load_balancer" {
  description = "Load balancer, by its name in metrics and its host name; null without one."
  value = local.is_public ? {
    dns_name      = aws_lb.this[0].dns_name
    metric_name   = aws_lb.this[0].arn_suffix
    target_metric = aws_lb_target_group.this[0].arn_suffix
    https         = local.is_https
  } : null
}

output "policies" {
  description = "IAM policies as data, for the tests."
  value       = merge({ (var.name) = local.service_policy }, module.execution_role.policies)
}
