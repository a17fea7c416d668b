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
  description = "The VPC."
  type        = string
}

variable "subnet_ids" {
  description = "Subnets of the tasks: private ones, or public ones with public_addresses."
  type        = list(string)
}

variable "public_addresses" {
  description = "Tasks have public addresses, for outgoing connections without a NAT gateway."
  type        = bool
}

variable "cpu_architecture" {
  description = "CPU architecture of the image: X86_64 or ARM64."
  type        = string
}

variable "image" {
  description = "Image with its tag."
  type        = string
}

variable "repository_arn" {
  description = "Repository of the image."
  type        = string
}

variable "size" {
  description = "CPU in units of 1/1024 and memory in MiB, as Fargate allows in combination."
  type = object({
    cpu    = number
    memory = number
  })
}

variable "before" {
  description = "A container of the same image that must succeed before the service starts, with its own settings and secrets."
  type = object({
    command     = list(string)
    environment = map(string)
    secrets     = map(string)
    secret_arns = list(string)
  })
  default = null
}

variable "environment" {
  description = "Settings."
  type        = map(string)
}

variable "secrets" {
  description = "Settings by reference to Secrets Manager."
  type        = map(string)
  default     = {}
}

variable "secret_arns" {
  description = "The secrets that the references point into."
  type        = list(string)
  default     = []
}

variable "policy" {
  description = "Permissions of the service: IAM statements."
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
  default     = "/live"
}

variable "public" {
  description = "A public load balancer in front of the service; null for a service without clients."
  type = object({
    port            = number
    health_path     = string
    subnet_ids      = list(string)
    certificate_arn = optional(string)
    allowed_cidrs   = map(string) # by a name that is known before apply
    log_bucket      = optional(string)
    domain          = optional(string)
    zone_id         = optional(string)
    protected       = bool
    waf = object({
      requests_per_5_min = number
      exempt_cidrs       = list(string)
    })
  })
  default = null
}

variable "scaling" {
  description = "Number of tasks and its target: requests per minute and task, or age of the oldest message of a queue."
  type = object({
    min               = number
    max               = number
    requests_per_task = optional(number)
    queue             = optional(object({ name = string, age_s = number })) # an object, because it is known before its name is
  })

  validation {
    condition     = var.scaling.min >= 1 && var.scaling.max >= var.scaling.min
    error_message = "scaling needs 1 <= min <= max."
  }
}

variable "log_days" {
  description = "Retention of logs in days."
  type        = number
}

variable "steady" {
  description = "Wait until the new tasks serve before changing resources that depend on this service."
  type        = bool
}

variable "after" {
  description = "A service that must be updated and steady before this one."
  type        = string
  default     = null
}
