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

variable "size" {
  description = "Size of the stack: standard, or small for a project of volunteers (sizes.tf). Settings that are null below take their value from it."
  type        = string
  default     = "standard"

  validation {
    condition     = contains(["small", "standard"], var.size)
    error_message = "size is unknown: use small or standard."
  }
}

variable "cpu_architecture" {
  description = "CPU architecture of all containers, ARM64 or X86_64; null for that of the size. The images must be built for it."
  type        = string
  default     = null

  validation {
    condition     = contains(["ARM64", "X86_64"], coalesce(var.cpu_architecture, "ARM64"))
    error_message = "cpu_architecture must be ARM64 or X86_64."
  }
}

variable "container_insights" {
  description = "Container Insights for the ECS cluster; null for the choice of the size."
  type        = bool
  default     = null
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

variable "attempt_credentials" {
  description = "Credentials of attempts: `on`; `both` while containers that were started without them still run; `off`: all containers share one role. See docs/deploy.md."
  type        = string
  default     = "on"

  validation {
    condition     = contains(["on", "both", "off"], var.attempt_credentials)
    error_message = "attempt_credentials is unknown: use on, both or off."
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
  description = "Domain and size of the API. Clients send the secret in a header, so prod requires a certificate. `waf_requests_per_5_min` adds a firewall that limits the requests of an address."
  type = object({
    certificate_arn   = optional(string)
    domain            = optional(string)
    zone_id           = optional(string)
    allowed_cidrs     = optional(list(string), ["0.0.0.0/0"])
    access_log_bucket = optional(string)
    cpu               = optional(number)
    memory            = optional(number)
    min_tasks         = optional(number)
    max_tasks         = optional(number)
    requests_per_task = optional(number, 3000)

    waf_requests_per_5_min = optional(number)

    # Clients of openaddresses/batch (docs/moving.md), and the host names that get its version without asking.
    compatibility       = optional(bool, true)
    compatibility_hosts = optional(list(string), ["batch.openaddresses.io"])

    consumer_max_tasks  = optional(number, 6)
    dispatcher_tasks    = optional(number, 1)
    submits_per_s       = optional(number)
    array_jobs          = optional(bool, false)
    deletion_protection = optional(bool, true)
    wait_until_steady   = optional(bool, true)
  })
  default = {}

  validation {
    condition     = var.environment != "prod" || var.api.certificate_arn != null
    error_message = "prod needs api.certificate_arn: without it clients would send the shared secret unencrypted."
  }

  validation {
    condition     = contains(var.api.allowed_cidrs, "0.0.0.0/0") || coalesce(var.network.nat, var.size != "small")
    error_message = "api.allowed_cidrs needs network.nat: without a NAT gateway jobs call the API from public addresses that change."
  }

  validation {
    condition     = var.api.waf_requests_per_5_min == null || (coalesce(var.network.nat, var.size != "small") && coalesce(var.api.waf_requests_per_5_min, 0) >= 100)
    error_message = "api.waf_requests_per_5_min must be at least 100, and needs network.nat: its address is exempt, those of services and jobs without a NAT gateway change."
  }

  validation {
    condition     = coalesce(var.api.min_tasks, 1) >= 1 && coalesce(var.api.max_tasks, 6) >= coalesce(var.api.min_tasks, 1)
    error_message = "api needs 1 <= min_tasks <= max_tasks."
  }

  validation {
    condition     = (var.api.certificate_arn == null) == (var.api.domain == null)
    error_message = "api.certificate_arn and api.domain belong together: the certificate is for the domain."
  }

  validation {
    condition     = var.api.dispatcher_tasks * coalesce(var.api.submits_per_s, var.size == "small" ? 5 : 20) <= 45
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
  description = "Network of the stack: CIDR block; a NAT gateway, one per zone, or none and public addresses without incoming connections; interface endpoints."
  type = object({
    cidr                = optional(string, "10.20.0.0/16")
    nat                 = optional(bool)
    nat_per_zone        = optional(bool, false)
    interface_endpoints = optional(bool, false)
  })
  default = {}

  validation {
    condition     = !var.network.nat_per_zone || coalesce(var.network.nat, var.size != "small")
    error_message = "network.nat_per_zone needs a NAT gateway: set network.nat."
  }
}

variable "database" {
  description = "The Postgres instance. max_connections is the limit of its class (memory / 9.5 MB). Windows are UTC, apart from each other and from the schedules. `backup_copy_region` copies the backups to another region."
  type = object({
    instance_class      = optional(string)
    storage_gb          = optional(number, 20)
    max_storage_gb      = optional(number)
    max_connections     = optional(number)
    multi_az            = optional(bool, false)
    backup_days         = optional(number)
    backup_copy_region  = optional(string)
    backup_window       = optional(string, "01:00-02:00")
    maintenance_window  = optional(string, "tue:08:00-tue:09:00")
    deletion_protection = optional(bool, true)
  })
  default = {}

  validation {
    condition     = coalesce(var.database.backup_days, 7) >= 1 && coalesce(var.database.backup_days, 7) <= 35
    error_message = "database.backup_days must be 1 to 35: backups are required."
  }

  validation {
    condition     = var.database.backup_copy_region == null || var.database.backup_copy_region != var.region
    error_message = "database.backup_copy_region must be another region than region."
  }

  validation {
    condition = !anytrue([
      for schedule in values(var.schedules) :
      strcontains(schedule.expression, upper(substr(var.database.maintenance_window, 0, 3))) if schedule.enabled
    ])
    error_message = "database.maintenance_window is on the day of a schedule: RDS may restart the database during its run. Choose another day."
  }

  # A backup slows the database down; a run that starts within the six hours before it is probably still busy.
  validation {
    condition = !anytrue([
      for schedule in values(var.schedules) :
      (tonumber(substr(var.database.backup_window, 0, 2)) - tonumber(regex("^cron\\(\\S+ (\\d+) ", schedule.expression)[0]) + 24) % 24 < 6
      if schedule.enabled && can(regex("^cron\\(\\S+ (\\d+) ", schedule.expression))
    ])
    error_message = "database.backup_window begins within six hours after a schedule: choose an earlier hour (UTC)."
  }

  validation {
    condition     = coalesce(var.database.max_storage_gb, var.size == "small" ? 100 : 200) > var.database.storage_gb
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
    images_kept         = optional(number)
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
  description = "Maximum vCPUs by compute environment, instance families and disk of the hosts of large jobs, time limit of an attempt, and time after which a waiting job is canceled."
  type = object({
    standard_spot_vcpus = optional(number)
    standard_vcpus      = optional(number)
    large_vcpus         = optional(number)
    large_disk_gb       = optional(number)
    instance_families   = optional(list(string))
    attempt_s           = optional(number, 6 * 3600)
    stuck_s             = optional(number, 4 * 3600)
  })
  default = {}

  # A Graviton family has a g behind its number, such as m7g or r6gd.
  validation {
    condition = alltrue([
      for family in coalesce(var.batch.instance_families, []) :
      can(regex("^[a-z]+[0-9]+g[a-z]*(\\.[a-z0-9-]+)?$", family)) == (coalesce(var.cpu_architecture, var.size == "small" ? "ARM64" : "X86_64") == "ARM64")
    ])
    error_message = "batch.instance_families are of another CPU architecture than the images: see cpu_architecture."
  }

  # The largest jobs ask for 8 vCPUs, those of Fargate for 1: less could never start.
  validation {
    condition     = coalesce(var.batch.large_vcpus, 8) >= 8 && coalesce(var.batch.standard_vcpus, 1) >= 1 && coalesce(var.batch.standard_spot_vcpus, 1) >= 1
    error_message = "batch: large_vcpus must be at least 8, standard_vcpus and standard_spot_vcpus at least 1: smaller environments cannot run every tier."
  }

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
  description = "Recipients and thresholds of the alarms. weekly_run_h: a week, and the 48 hours within which every job ends."
  type = object({
    emails          = optional(list(string), [])
    queue_age_s     = optional(number, 900)
    outbox_age_s    = optional(number, 300)
    runnable_s      = optional(number, 2 * 3600)
    run_h           = optional(number, 30)
    weekly_run_h    = optional(number, 9 * 24)
    errors_5xx      = optional(number, 10)
    free_storage_gb = optional(number, 4)
  })
  default = {}
}

variable "budget" {
  description = "Limit of the costs of the account per month, with alerts at 50, 80 and 100 %, and the percentage of it at which no new jobs are submitted (0: never). Null for no budget. See docs/decisions/0018."
  type = object({
    monthly_usd   = number
    brake_percent = optional(number, 100)
  })
  default = null

  validation {
    condition     = try(var.budget.monthly_usd, 1) > 0
    error_message = "budget.monthly_usd must be more than 0."
  }

  validation {
    condition     = try(var.budget.brake_percent, 100) >= 50 || try(var.budget.brake_percent, 100) == 0
    error_message = "budget.brake_percent must be at least 50, or 0 for no brake."
  }
}

variable "log_days" {
  description = "Retention of logs in days; null for that of the size."
  type        = number
  default     = null

  validation {
    condition     = contains([7, 14, 30, 60, 90, 180, 365], coalesce(var.log_days, 90))
    error_message = "log_days must be one of 7, 14, 30, 60, 90, 180, 365: the values that CloudWatch accepts."
  }
}
