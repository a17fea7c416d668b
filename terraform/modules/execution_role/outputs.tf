output "arn" {
  description = "The role's ARN, once its policy is attached."
  value       = aws_iam_role.this.arn
  depends_on  = [aws_iam_role_policy.this]
}

output "policies" {
  description = "The role's name with its policy, for the policy linter and the tests."
  value       = { (var.name) = local.policy }
}
