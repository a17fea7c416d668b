variable "name" {
  description = "Prefix of every name."
  type        = string
}

variable "region" {
  description = "The AWS region."
  type        = string
}

variable "cluster_arn" {
  description = "The ECS cluster."
  type        = string
}

variable "subnet_ids" {
  description = "Subnets of the calls: private ones, or public ones with public_addresses."
  type        = list(string)
}

variable "public_addresses" {
  description = "Calls have public addresses, for outgoing connections without a NAT gateway."
  type        = bool
}

variable "cpu_architecture" {
  description = "CPU architecture of the image: X86_64 or ARM64."
  type        = string
}

variable "security_group_id" {
  description = "Security group of the caller."
  type        = string
}

variable "image" {
  description = "Image of the api, which contains the command `oa-api call`."
  type        = string
}

variable "repository_arn" {
  description = "Repository of the image."
  type        = string
}

variable "api_url" {
  description = "The API."
  type        = string
}

variable "secret_reference" {
  description = "The shared secret, by reference into Secrets Manager."
  type        = string
}

variable "secret_arn" {
  description = "The secret that the reference points into."
  type        = string
}

variable "schedules" {
  description = "Calls and their times; see the root variable `schedules`."
  type = map(object({
    expression = string
    method     = string
    path       = string
    body       = string
    enabled    = bool
  }))
}

variable "log_days" {
  description = "Retention of logs in days."
  type        = number
}
