variable "name" {
  description = "Prefix of every name."
  type        = string
}

variable "region" {
  description = "The AWS region."
  type        = string
}

variable "partition" {
  description = "The AWS partition, such as aws."
  type        = string
}

variable "vpc_id" {
  description = "The VPC."
  type        = string
}

variable "subnet_ids" {
  description = "Task subnets."
  type        = list(string)
}

variable "public_addresses" {
  description = "Containers on Fargate have public addresses, for outgoing connections without a NAT gateway."
  type        = bool
}

variable "cpu_architecture" {
  description = "CPU architecture of the image: X86_64 or ARM64."
  type        = string
}

variable "image" {
  description = "Image of the task with its tag."
  type        = string
}

variable "repository_arn" {
  description = "Repository of the image."
  type        = string
}

variable "bucket_arn" {
  description = "The data bucket."
  type        = string
}

variable "results_queue_arn" {
  description = "URL of the results queue."
  type        = string
}

variable "api_role_arn" {
  description = "The role of the api, which issues credentials for the files of an attempt."
  type        = string
}

variable "attempt_credentials" {
  description = "Whether containers depend on credentials of their attempt; see the root variable."
  type        = string
}

variable "limits" {
  description = "Limits of vCPUs and time; see the root variable `batch`."
  type = object({
    standard_spot_vcpus = number
    standard_vcpus      = number
    large_vcpus         = number
    attempt_s           = number
    stuck_s             = number
    large_disk_gb       = number
    instance_families   = list(string)
  })
}

variable "log_days" {
  description = "Retention of logs in days."
  type        = number
}
