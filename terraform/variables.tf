variable "environment" {
  description = "Name of the stack: part of every resource name, and a setting of the services."
  type        = string

  validation {
    condition     = contains(["dev", "staging", "prod"], var.environment)
    error_message = "environment is unknown: use dev, staging or prod."
  }
}

variable "region" {
  description = "The AWS region."
  type        = string
  default     = "us-east-1"

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must be an AWS region such as us-east-1."
  }
}

variable "aws_endpoint" {
  description = "URL of an AWS emulator; null for AWS."
  type        = string
  default     = null
}

variable "git_sha" {
  description = "The commit whose images run: their tag in all three repositories."
  type        = string

  validation {
    condition     = can(regex("^[0-9a-f]{40}$", var.git_sha))
    error_message = "git_sha must be a full commit hash, 40 lowercase hex digits: git rev-parse HEAD prints it."
  }
}

variable "shared_secret" {
  description = "Shared secret in the header `secret` of internal requests. To change it without an outage, see docs/deploy.md."
  type        = string
  sensitive   = true
  nullable    = false

  validation {
    condition     = length(var.shared_secret) >= 32
    error_message = "shared_secret is missing or too short: at least 32 characters, such as `openssl rand -hex 32` prints."
  }

  validation {
    condition     = can(regex("^[0-9A-Za-z]*$", var.shared_secret))
    error_message = "shared_secret may contain letters and digits only, because it is passed in headers and command lines."
  }
}

variable "shared_secret_previous" {
  description = "A second secret that is valid during a change; empty otherwise."
  type        = string
  sensitive   = true
  nullable    = false
  default     = ""

  validation {
    condition     = can(regex("^([0-9A-Za-z]{32,})?$", var.shared_secret_previous))
    error_message = "shared_secret_previous must be empty, or letters and digits, at least 32 of them."
  }

  validation {
    condition     = var.shared_secret_previous != var.shared_secret
    error_message = "shared_secret_previous must differ from shared_secret; leave it empty when no change is in progress."
  }
}

variable "sign_in" {
  description = "Sign-in (docs/identity.md). `secret_arn` is a secret created manually, JSON with `github_client_secret` if github_client_id is set and `mail_url` if mail_from is."
  type = object({
    github_client_id   = optional(string, "")
    github_members_of  = optional(list(string), [])
    github_member_role = optional(string, "viewer")
    mail_from          = optional(string, "")
    secret_arn         = optional(string, "")
  })
  nullable = false
  default  = {}

  validation {
    condition     = (var.sign_in.github_client_id == "" && var.sign_in.mail_from == "") == (var.sign_in.secret_arn == "")
    error_message = "sign_in.secret_arn is required with github_client_id or mail_from, and only with them."
  }

  validation {
    condition     = contains(["viewer", "author", "moderator", "admin"], var.sign_in.github_member_role)
    error_message = "sign_in.github_member_role must be viewer, author, moderator or admin."
  }
}

variable "api" {
  description = "Domain and size of the API. Clients send the secret in a header, so prod requires a certificate."
  type = object({
    certificate_arn     = optional(string)
    domain              = optional(string)
    zone_id             = optional(string)
    allowed_cidrs       = optional(list(string), ["0.0.0.0/0"])
    access_log_bucket   = optional(string)
    cpu                 = optional(number, 512)
    memory              = optional(number, 1024)
    min_tasks           = optional(number, 2)
    max_tasks           = optional(number, 6)
    requests_per_task   = optional(number, 3000)
    consumer_max_tasks  = optional(number, 6)
    dispatcher_tasks    = optional(number, 1)
    submits_per_s       = optional(number, 20)
    deletion_protection = optional(bool, true)
    wait_until_steady   = optional(bool, true)
  })
  default = {}

  validation {
    condition     = var.environment != "prod" || var.api.certificate_arn != null
    error_message = "prod needs api.certificate_arn: without it clients would send the shared secret unencrypted."
  }

  validation {
    condition     = (var.api.certificate_arn == null) == (var.api.domain == null)
    error_message = "api.certificate_arn and api.domain belong together: the certificate is for the domain."
  }

  validation {
    condition     = var.api.dispatcher_tasks * var.api.submits_per_s <= 45
    error_message = "Batch accepts about 50 calls per second and account: keep dispatcher_tasks * submits_per_s at 45 or below."
  }
}

variable "github" {
  description = "The sources repository and the ID of the GitHub App for its pull requests (docs/github.md). `secret_arn` is a secret created manually, JSON with `private_key` (PEM), `webhook` and `webhook_previous`."
  type = object({
    repository = optional(string, "")
    app_id     = optional(string, "")
    secret_arn = optional(string, "")
  })
  nullable = false
  default  = {}

  validation {
    condition     = can(regex("^([\\w.-]+/[\\w.-]+)?$", var.github.repository))
    error_message = "github.repository must be owner/name, such as openaddresses/openaddresses."
  }

  validation {
    condition     = (var.github.repository == "") == (var.github.app_id == "")
    error_message = "github.repository and github.app_id belong together."
  }

  validation {
    condition     = (var.github.repository == "") == (var.github.secret_arn == "") && can(regex("^(arn:[\\w-]+:secretsmanager:.+)?$", var.github.secret_arn))
    error_message = "github.secret_arn is required with github.repository, and only with it: the ARN of a secret in Secrets Manager."
  }
}

variable "network" {
  description = "Network of the stack: CIDR block, one NAT gateway or one per zone, interface endpoints in its place."
  type = object({
    cidr                = optional(string, "10.20.0.0/16")
    nat_per_zone        = optional(bool, false)
    interface_endpoints = optional(bool, false)
  })
  default = {}
}

variable "database" {
  description = "The Postgres instance. max_connections is the limit of its class (memory / 9.5 MB)."
  type = object({
    instance_class      = optional(string, "db.t4g.small")
    storage_gb          = optional(number, 20)
    max_storage_gb      = optional(number, 200)
    max_connections     = optional(number, 190)
    multi_az            = optional(bool, false)
    backup_days         = optional(number, 14)
    deletion_protection = optional(bool, true)
  })
  default = {}

  validation {
    condition     = var.database.backup_days >= 1 && var.database.backup_days <= 35
    error_message = "database.backup_days must be 1 to 35: backups are required."
  }

  validation {
    condition     = var.database.max_storage_gb > var.database.storage_gb
    error_message = "database.max_storage_gb must be greater than storage_gb, so that the storage can grow."
  }
}

variable "storage" {
  description = "Public access to published files (none, cloudfront, requester_pays), and retention."
  type = object({
    public_read         = optional(string, "none")
    noncurrent_days     = optional(number, 30)
    superseded_days     = optional(number, 30)
    cache_days          = optional(number, 30)
    infrequent_days     = optional(number, 30)
    images_kept         = optional(number, 50)
    cloudfront_class    = optional(string, "PriceClass_100")
    allowed_cors_origin = optional(string, "*")
    force_destroy       = optional(bool, false)
  })
  default = {}

  validation {
    condition     = contains(["none", "cloudfront", "requester_pays"], var.storage.public_read)
    error_message = "storage.public_read must be none, cloudfront or requester_pays."
  }
}

variable "batch" {
  description = "Maximum vCPUs by compute environment, time limit of an attempt, and time after which a waiting job is canceled."
  type = object({
    standard_spot_vcpus = optional(number, 256)
    standard_vcpus      = optional(number, 64)
    large_vcpus         = optional(number, 64)
    large_disk_gb       = optional(number, 300)
    attempt_s           = optional(number, 6 * 3600)
    stuck_s             = optional(number, 4 * 3600)
  })
  default = {}

  validation {
    condition     = var.batch.stuck_s >= 600 && var.batch.stuck_s <= 86400
    error_message = "batch.stuck_s must be 600 to 86400: the range that Batch accepts."
  }

  validation {
    condition     = var.batch.attempt_s >= 3600 && var.batch.attempt_s <= 24 * 3600
    error_message = "batch.attempt_s must be one hour to one day: the task ends half an hour earlier, the deadline of a job is 48 h."
  }
}

variable "schedules" {
  description = "Scheduled calls of the API (UTC). The API runs each schedule once per week, cleanup once per day, regardless of the number of calls."
  type = map(object({
    expression = string
    method     = optional(string, "POST")
    path       = optional(string, "/api/schedule")
    body       = optional(string, "")
    enabled    = optional(bool, true)
  }))
  default = {
    sources     = { expression = "cron(0 3 ? * FRI *)", body = "{\"type\": \"sources\"}" }
    collections = { expression = "cron(0 3 ? * SUN *)", body = "{\"type\": \"collections\"}" }
    fabric      = { expression = "cron(0 4 ? * SUN *)", body = "{\"type\": \"fabric\"}" }
    cleanup     = { expression = "cron(0 5 * * ? *)", body = "{\"type\": \"cleanup\"}" }
    report      = { expression = "cron(0 6 ? * SUN *)", body = "{\"type\": \"report\"}" }
  }

  validation {
    condition     = alltrue([for schedule in values(var.schedules) : can(regex("^(cron|rate)\\(.+\\)$", schedule.expression))])
    error_message = "schedules: every expression must be cron(…) or rate(…)."
  }

  validation {
    condition = alltrue([
      for schedule in values(var.schedules) :
      contains(["GET", "POST", "PATCH"], schedule.method) && startswith(schedule.path, "/api") && can(jsondecode(coalesce(schedule.body, "{}")))
    ])
    error_message = "schedules: method must be GET, POST or PATCH, path below /api, and body empty or JSON."
  }
}

variable "care" {
  description = "The sources repository, the recipients of the health digest, and the prices for costs (docs/maintenance.md)."
  type = object({
    sources_repository = optional(string, "https://github.com/openaddresses/openaddresses")
    sources_branch     = optional(string, "")
    report_mail_to     = optional(list(string), [])
    report_webhook_url = optional(string, "")
    stale_after_days   = optional(number, 30)
    price_vcpu_h       = optional(number, 0.04048)
    price_memory_gb_h  = optional(number, 0.004445)
    price_moved_gb     = optional(number, 0.045)
    prices_looked_up   = optional(string, "us-east-1, November 2026, unverified list prices")
  })
  default = {}

  validation {
    condition     = length(var.care.report_mail_to) == 0 || var.sign_in.mail_from != ""
    error_message = "care.report_mail_to needs a mail server: set sign_in.mail_from and its secret."
  }
}

variable "alarms" {
  description = "Recipients and thresholds of the alarms."
  type = object({
    emails          = optional(list(string), [])
    queue_age_s     = optional(number, 900)
    outbox_age_s    = optional(number, 300)
    runnable_s      = optional(number, 2 * 3600)
    run_h           = optional(number, 30)
    errors_5xx      = optional(number, 10)
    free_storage_gb = optional(number, 4)
  })
  default = {}
}

variable "log_days" {
  description = "Retention of logs in days."
  type        = number
  default     = 90

  validation {
    condition     = contains([7, 14, 30, 60, 90, 180, 365], var.log_days)
    error_message = "log_days must be one of 7, 14, 30, 60, 90, 180, 365: the values that CloudWatch accepts."
  }
}
