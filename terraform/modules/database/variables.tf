variable "name" {
  description = "Prefix of every name."
  type        = string
}

variable "vpc_id" {
  description = "The VPC."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets."
  type        = list(string)
}

variable "clients" {
  description = "Security groups that may connect, by name."
  type        = map(string)
}

variable "recovery_days" {
  description = "Days for which a deleted secret can be restored; 0 for none."
  type        = number
}

variable "settings" {
  description = "Size and backups; see the root variable `database`."
  type = object({
    instance_class      = string
    storage_gb          = number
    max_storage_gb      = number
    multi_az            = bool
    backup_days         = number
    backup_window       = string
    maintenance_window  = string
    deletion_protection = bool
  })
}

variable "log_days" {
  description = "Retention of the logs of Postgres in days."
  type        = number
}
