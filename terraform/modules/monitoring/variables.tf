variable "name" {
  description = "Prefix of every name."
  type        = string
}

variable "region" {
  description = "The AWS region."
  type        = string
}

variable "account" {
  description = "The account whose alarms may use the topic."
  type        = string
}

variable "emails" {
  description = "Email addresses that receive alarms; each must confirm the subscription."
  type        = list(string)
}

variable "has_budget" {
  description = "AWS Budgets publishes to the topic."
  type        = bool
}

variable "queues" {
  description = "Names of the queues and of their dead-letter queues."
  type = map(object({
    queue       = string
    dead_letter = string
  }))
}

variable "batch_queue_arns" {
  description = "Batch job queues, for the events of blocked queues."
  type        = list(string)
}

variable "load_balancer" {
  description = "The load balancer and its target group, by their names in metrics."
  type = object({
    metric_name   = string
    target_metric = string
  })
}

variable "database" {
  description = "The database instance, by its name in metrics, and its connection limit."
  type = object({
    identifier      = string
    max_connections = number
  })
}

variable "services" {
  description = "The ECS cluster and its services, for the dashboard."
  type = object({
    cluster  = string
    services = list(string)
  })
}

variable "log_groups" {
  description = "Log groups whose lines are measured."
  type = object({
    api        = string
    dispatcher = string
    schedule   = string
  })
}

variable "schedule_group" {
  description = "The schedule group, by its name in metrics."
  type        = string
}

variable "weekly_schedule" {
  description = "Name of the schedule whose live run must end each week; null when it is not enabled."
  type        = string
}

variable "limits" {
  description = "Thresholds of the alarms; see the root variable `alarms`."
  type = object({
    queue_age_s     = number
    outbox_age_s    = number
    runnable_s      = number
    run_h           = number
    weekly_run_h    = number
    errors_5xx      = number
    free_storage_gb = number
  })
}
