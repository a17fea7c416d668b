variable "name" {
  description = "Prefix of every name, such as oa-prod-api."
  type        = string
}

variable "region" {
  description = "The AWS region."
  type        = string
}

variable "cluster" {
  description = "The ECS cluster."
  type = object({
    arn  = string
    name = string
  })
}

variable "vpc_id" {
  description = "Where it runs."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets."
  type        = list(string)
}

variable "image" {
  description = "Image with its tag."
  type        = string
}

variable "repository_arn" {
  description = "Repository that the image is pulled from."
  type        = string
}

variable "size" {
  description = "CPU in units of 1/1024 and memory in MiB, as Fargate allows them together."
  type = object({
    cpu    = number
    memory = number
  })
}

variable "before" {
  description = "Arguments of a container of the same image that must succeed before the service starts; none if empty."
  type        = list(string)
  default     = []
}

variable "environment" {
  description = "Settings."
  type        = map(string)
}

variable "secrets" {
  description = "Settings by reference into Secrets Manager."
  type        = map(string)
  default     = {}
}

variable "secret_arns" {
  description = "The secrets that the references point into."
  type        = list(string)
  default     = []
}

variable "policy" {
  description = "What the service may do in AWS: IAM statements."
  type = list(object({
    Sid      = string
    Effect   = string
    Action   = list(string)
    Resource = list(string)
  }))
}

variable "health_port" {
  description = "Port of the health check within the container; null for none."
  type        = number
  default     = null
}

variable "health_path" {
  description = "Path of the health check within the container."
  type        = string
  default     = "/health"
}

variable "public" {
  description = "Put it behind a load balancer on the internet; null for a service that nobody calls."
  type = object({
    port            = number
    health_path     = string
    subnet_ids      = list(string)
    certificate_arn = optional(string)
    allowed_cidrs   = list(string)
    log_bucket      = optional(string)
    domain          = optional(string)
    zone_id         = optional(string)
    protected       = bool
  })
  default = null
}

variable "scaling" {
  description = "How many tasks run, and by what the number follows: requests a minute and task, or age of a queue's oldest message."
  type = object({
    min               = number
    max               = number
    requests_per_task = optional(number)
    queue_name        = optional(string)
    queue_age_s       = optional(number)
  })

  validation {
    condition     = var.scaling.min >= 1 && var.scaling.max >= var.scaling.min
    error_message = "scaling needs 1 <= min <= max."
  }
}

variable "log_days" {
  description = "Days that logs are kept."
  type        = number
}

variable "steady" {
  description = "Wait until the new tasks serve before what depends on this service is changed."
  type        = bool
}

variable "after" {
  description = "A service that must have been changed, and be steady, before this one is."
  type        = string
  default     = null
}
