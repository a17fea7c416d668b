variable "name" {
  description = "Prefix of every name."
  type        = string
}

variable "account" {
  description = "The account ID, which makes the bucket name unique."
  type        = string
}

variable "task_role_arns" {
  description = "The roles of containers of jobs and of attempts, which may not replace objects."
  type        = list(string)
}

variable "settings" {
  description = "Read access and retention; see the root variable `storage`."
  type = object({
    public_read         = string
    noncurrent_days     = number
    superseded_days     = number
    cache_days          = number
    infrequent_days     = number
    force_destroy       = bool
    images_kept         = number
    cloudfront_class    = string
    allowed_cors_origin = string
  })
}
