# The costs of the account: alarms on the way to the limit, and a brake at it. See docs/decisions/0018.
locals {
  # Two kinds of threshold in percent of the limit: of what was spent this month, and of what AWS expects for all of it.
  alerts = merge(
    { for percent in [50, 80, 100] : "ACTUAL ${percent}" => { type = "ACTUAL", percent = percent } },
    { "FORECASTED 100" = { type = "FORECASTED", percent = 100 } },
  )

  brakes = { for percent in [var.settings.brake_percent] : "submissions" => percent if percent > 0 }

  brake_policy = {
    Version = "2012-10-17"
    Statement = [{
      Sid      = "Brake"
      Effect   = "Deny"
      Action   = ["batch:SubmitJob"]
      Resource = var.batch_queue_arns
    }]
  }

  budgets_policy = {
    Version = "2012-10-17"
    Statement = [{
      Sid       = "ApplyBrake"
      Effect    = "Allow"
      Action    = ["iam:AttachRolePolicy", "iam:DetachRolePolicy"]
      Resource  = [var.role.arn]
      Condition = { ArnEquals = { "iam:PolicyARN" = one([for policy in aws_iam_policy.brake : policy.arn]) } }
    }]
  }
}

# It counts the whole account: a filter by tag sees nothing until the tag is activated in the billing console.
resource "aws_budgets_budget" "this" {
  name         = var.name
  budget_type  = "COST"
  time_unit    = "MONTHLY"
  limit_amount = tostring(var.settings.monthly_usd)
  limit_unit   = "USD"

  # Mail comes from AWS Budgets too, which needs no confirmation: SNS delivers nothing until a subscription is confirmed.
  dynamic "notification" {
    for_each = local.alerts

    content {
      notification_type          = notification.value.type
      threshold                  = notification.value.percent
      threshold_type             = "PERCENTAGE"
      comparison_operator        = "GREATER_THAN"
      subscriber_sns_topic_arns  = [var.topic_arn]
      subscriber_email_addresses = var.emails
    }
  }
}

resource "aws_iam_policy" "brake" {
  for_each = local.brakes

  name        = "${var.name}-brake"
  description = "AWS Budgets attaches it to the dispatcher: no new jobs until the next month"
  policy      = jsonencode(local.brake_policy)
}

resource "aws_iam_role" "budgets" {
  for_each = local.brakes

  name = "${var.name}-budgets"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "budgets.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = var.account } }
    }]
  })
}

resource "aws_iam_role_policy" "budgets" {
  for_each = local.brakes

  name   = "brake"
  role   = aws_iam_role.budgets[each.key].id
  policy = jsonencode(local.budgets_policy)
}

resource "aws_budgets_budget_action" "brake" {
  for_each = local.brakes

  budget_name        = aws_budgets_budget.this.name
  action_type        = "APPLY_IAM_POLICY"
  approval_model     = "AUTOMATIC"
  notification_type  = "ACTUAL"
  execution_role_arn = aws_iam_role.budgets[each.key].arn

  action_threshold {
    action_threshold_type  = "PERCENTAGE"
    action_threshold_value = each.value
  }

  definition {
    iam_action_definition {
      policy_arn = aws_iam_policy.brake[each.key].arn
      roles      = [var.role.name]
    }
  }

  subscriber {
    address           = var.topic_arn
    subscription_type = "SNS"
  }

  depends_on = [aws_iam_role_policy.budgets]
}
