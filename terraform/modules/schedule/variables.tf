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
  description = "Private subnets."
  type        = list(string)
}

variable "security_group_id" {
  description = "Security group of the caller."
  type        = string
}

variable "image" {
  description = "Image of the api, which has the command that calls it."
  type        = string
}

variable "repository_arn" {
  description = "Repository that the image is pulled from."
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
  description = "What is called and when; see the root variable `schedules`."
  type = map(object({
    expression = string
    method     = string
    path       = string
    body       = string
    enabled    = bool
  }))
}

variable "log_days" {
  description = "Days that logs are kept."
  type        = number
}

variable "restart" {
  description = "Services to start anew at a time, by name, so that they read what has changed in Secrets Manager."
  type = object({
    expression = string
    services   = map(string)
  })
}
