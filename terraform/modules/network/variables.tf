variable "name" {
  description = "Prefix of every name."
  type        = string
}

variable "region" {
  description = "The AWS region."
  type        = string
}

variable "cidr" {
  description = "CIDR block of the VPC, a /16."
  type        = string

  validation {
    condition     = can(cidrhost(var.cidr, 0)) && endswith(var.cidr, "/16")
    error_message = "network cidr must be a /16 such as 10.20.0.0/16: the task subnets use a quarter of it."
  }
}

variable "zones" {
  description = "Two availability zones."
  type        = list(string)

  validation {
    condition     = length(var.zones) == 2
    error_message = "availability_zones must have exactly two zones."
  }
}

variable "nat" {
  description = "Outgoing connections pass a NAT gateway. Otherwise services and tasks have public addresses."
  type        = bool
}

variable "nat_per_zone" {
  description = "A NAT gateway in each zone instead of one for both."
  type        = bool
}

variable "interface_endpoints" {
  description = "Reach SQS, ECR, logs and secrets without the NAT gateway."
  type        = bool
}

variable "log_days" {
  description = "Retention of flow logs in days."
  type        = number
}
