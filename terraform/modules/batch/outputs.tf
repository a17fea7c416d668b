output "queue_arns" {
  description = "Every job queue."
  value       = [for queue in aws_batch_job_queue.this : queue.arn]
}

output "queues_by_lane" {
  description = "The setting OA_BATCH_QUEUES of the dispatcher: a queue per lane, and per tier on other machines."
  value = merge(
    { for lane, _ in local.lanes : lane => aws_batch_job_queue.this[lane].arn },
    { for pair in setproduct(keys(local.lanes), [for tier, size in local.tiers : tier if size.platform == "EC2"]) :
      "${pair[0]}.${pair[1]}" => aws_batch_job_queue.this["${pair[0]}-on-ec2"].arn
    },
  )
}

output "fair_share_lanes" {
  description = "The setting OA_FAIR_SHARE_LANES of the dispatcher."
  value       = [for lane, settings in local.lanes : lane if settings.has_shares]
}

output "definitions_by_tier" {
  description = "The setting OA_BATCH_DEFINITIONS of the dispatcher, with revisions."
  value       = { for tier, definition in aws_batch_job_definition.tier : tier => definition.arn }
}

output "definition_arn_prefixes" {
  description = "The definitions without revision, for policies."
  value       = [for definition in aws_batch_job_definition.tier : definition.arn_prefix]
}

output "attempt_s" {
  description = "Time limit of an attempt in seconds."
  value       = var.limits.attempt_s
}

output "task_role_arn" {
  description = "The role of the containers of jobs."
  value       = aws_iam_role.task.arn
}

output "attempt_role_arn" {
  description = "The role that the api assumes for the files of an attempt."
  value       = aws_iam_role.attempt.arn
}

output "log_group" {
  description = "Log group of the containers."
  value       = aws_cloudwatch_log_group.task.name
}

output "policies" {
  description = "IAM policies as data, for the tests."
  value       = merge({ "${var.name}-task" = local.task_policy, "${var.name}-attempt" = local.attempt_policy }, module.execution_role.policies)
}
