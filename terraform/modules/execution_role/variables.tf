variable "name" {
  description = "The role's name."
  type        = string
}

variable "repository_arn" {
  description = "The repository of the image to pull."
  type        = string
}

variable "log_group_arn" {
  description = "The log group that the container writes to."
  type        = string
}

variable "secret_arns" {
  description = "The secrets that the container's environment refers to."
  type        = list(string)
  default     = []
}
