output "policies" {
  description = "IAM policies as data, for the tests."
  value = merge([for _ in local.brakes : {
    "${var.name}-brake"   = local.brake_policy
    "${var.name}-budgets" = local.budgets_policy
  }]...)
}
