output "name" {
  description = "The ECS service."
  value       = aws_ecs_service.this.name
}

output "service_id" {
  description = "The service, for those that come after it."
  value       = aws_ecs_service.this.id
}

output "role_arn" {
  description = "The role under which it calls AWS."
  value       = aws_iam_role.service.arn
}

output "execution_role_arn" {
  description = "The role with which ECS starts it."
  value       = module.execution_role.arn
}

output "security_group_id" {
  description = "Its tasks, as other security groups name them."
  value       = aws_security_group.service.id
}

output "task_definition" {
  description = "What runs, as ECS was told."
  value = {
    arn        = aws_ecs_task_definition.this.arn
    family     = aws_ecs_task_definition.this.family
    containers = jsondecode(aws_ecs_task_definition.this.container_definitions)
  }
}

output "log_group" {
  description = "Where it logs."
  value       = aws_cloudwatch_log_group.this.name
}

output "load_balancer" {
  description = "Its load balancer, as metrics and people name it; null without one."
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
