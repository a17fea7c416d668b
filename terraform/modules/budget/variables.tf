variable "name" {
  description = "Name of the budget, and prefix of every name."
  type        = string
}

variable "account" {
  description = "The account whose costs are counted."
  type        = string
}

variable "settings" {
  description = "Limit and brake; see the root variable `budget`."
  type = object({
    monthly_usd   = number
    brake_percent = number
  })
}

variable "emails" {
  description = "Email addresses that receive the alerts, at most ten."
  type        = list(string)

  validation {
    condition     = length(var.emails) <= 10
    error_message = "alarms.emails: AWS Budgets sends an alert to at most ten addresses."
  }
}

variable "topic_arn" {
  description = "The SNS topic of the alarms."
  type        = string
}

variable "role" {
  description = "The role that submits jobs, to which the brake is attached."
  type = object({
    name = string
    arn  = string
  })
}

variable "batch_queue_arns" {
  description = "The Batch queues that take no jobs while the brake is on."
  type        = list(string)
}
