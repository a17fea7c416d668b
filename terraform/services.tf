locals {
  secret_current  = "${aws_secretsmanager_secret.shared.arn}:current::${aws_secretsmanager_secret_version.shared.version_id}"
  secret_previous = "${aws_secretsmanager_secret.shared.arn}:previous::${aws_secretsmanager_secret_version.shared.version_id}"

  queue_settings = {
    OA_JOBS_QUEUE_URL    = module.queues.urls["jobs"].queue
    OA_JOBS_DLQ_URL      = module.queues.urls["jobs"].dead_letter
    OA_RESULTS_QUEUE_URL = module.queues.urls["results"].queue
    OA_RESULTS_DLQ_URL   = module.queues.urls["results"].dead_letter
  }

  # The api and the consumer are one program; each runs some of its workers.
  api_settings = merge(local.queue_settings, {
    OA_STACK               = var.environment
    OA_DATABASE_URL        = module.database.url
    OA_DATABASE_SECRET_ARN = module.database.secret_arn
    OA_BUCKET              = module.storage.bucket
    OA_HOST                = "0.0.0.0"
    OA_PORT                = "8000"
    OA_COMPATIBILITY       = tostring(var.api.compatibility)
    OA_COMPATIBILITY_HOSTS = join(",", var.api.compatibility_hosts)
    }, module.storage.public_url == null ? {} : {
    OA_FILES_URL = module.storage.public_url
    }, var.api.domain == null ? {} : {
    OA_PUBLIC_URL = "https://${var.api.domain}"
  })

  # Only the load balancer sets the client address; its health checks, the services and the tasks of Batch have no rate limit.
  limit_settings = {
    OA_TRUSTED_PROXIES    = local.network.cidr
    OA_UNLIMITED_NETWORKS = join(",", concat([local.network.cidr], values(module.network.nat_cidrs)))
  }

  # The keys are known before apply. The addresses of NAT gateways are not.
  is_open = contains(var.api.allowed_cidrs, "0.0.0.0/0")
  allowed_cidrs = merge(
    { for cidr in toset(var.api.allowed_cidrs) : cidr => cidr },
    local.is_open ? {} : { for zone, cidr in module.network.nat_cidrs : "nat-${zone}" => cidr },
  )

  sign_in_settings = {
    OA_PUBLIC_URL         = local.api_url
    OA_GITHUB_CLIENT_ID   = var.sign_in.github_client_id
    OA_GITHUB_MEMBERS_OF  = join(",", var.sign_in.github_members_of)
    OA_GITHUB_MEMBER_ROLE = var.sign_in.github_member_role
    OA_MAIL_FROM          = var.sign_in.mail_from
  }

  sign_in_secrets = merge(
    var.sign_in.github_client_id == "" ? {} : { OA_GITHUB_CLIENT_SECRET = "${var.sign_in.secret_arn}:github_client_secret::" },
    var.sign_in.mail_from == "" ? {} : { OA_MAIL_URL = "${var.sign_in.secret_arn}:mail_url::" },
  )

  api_secrets = merge(local.sign_in_secrets, {
    OA_SHARED_SECRET          = local.secret_current
    OA_SHARED_SECRET_PREVIOUS = local.secret_previous
  })

  api_secret_arns = concat([aws_secretsmanager_secret.shared.arn], compact([var.sign_in.secret_arn]))

  # Read again when the database refuses a login: the password may have changed.
  api_logs_in = [{
    Sid      = "ReadDatabasePassword"
    Effect   = "Allow"
    Action   = ["secretsmanager:GetSecretValue"]
    Resource = [module.database.secret_arn]
  }]

  # `oa_tools.deployment.permissions` compares these statements with the calls of the code, in both directions.
  receive_actions = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"]

  # A result that does not fit into a message is a file of its attempt.
  # With permission to list, S3 answers 404 instead of 403 for a missing object.
  consumer_reads_files = [
    { Sid = "ReadResultFiles", Effect = "Allow", Action = ["s3:GetObject"], Resource = ["${module.storage.bucket_arn}/job/*"] },
    { Sid = "SeeAbsence", Effect = "Allow", Action = ["s3:ListBucket"], Resource = [module.storage.bucket_arn] },
  ]

  api_reads_files = [
    { Sid = "ReadFiles", Effect = "Allow", Action = ["s3:GetObject"], Resource = ["${module.storage.bucket_arn}/job/*", "${module.storage.bucket_arn}/upload/*"] },
    { Sid = "SeeAbsence", Effect = "Allow", Action = ["s3:ListBucket"], Resource = [module.storage.bucket_arn] },
  ]

  attempt_settings = var.attempt_credentials == "off" ? {} : { OA_ATTEMPT_ROLE_ARN = module.batch.attempt_role_arn }

  # The dispatcher submits a thousand jobs in one call then, so more messages may wait for it.
  array_settings = var.api.array_jobs ? { OA_CONTAINER_ROLE_ARN = module.batch.task_role_arn, OA_MESSAGES_AHEAD = "2000" } : {}

  api_issues_credentials = [for role in var.attempt_credentials == "off" ? [] : [module.batch.attempt_role_arn] : {
    Sid = "IssueCredentials", Effect = "Allow", Action = ["sts:AssumeRole"], Resource = [role]
  }]

  care_settings = {
    OA_SOURCES_REPOSITORY = var.care.sources_repository
    OA_SOURCES_BRANCH     = var.care.sources_branch
    OA_REPORT_MAIL_TO     = join(",", var.care.report_mail_to)
    OA_REPORT_WEBHOOK_URL = var.care.report_webhook_url
    OA_STALE_AFTER_DAYS   = tostring(var.care.stale_after_days)
    OA_PRICE_VCPU_H       = tostring(var.care.price_vcpu_h)
    OA_PRICE_MEMORY_GB_H  = tostring(var.care.price_memory_gb_h)
    OA_PRICE_MOVED_GB     = tostring(var.care.price_moved_gb)
    OA_PRICES_LOOKED_UP   = var.care.prices_looked_up
  }

  # Cleanup deletes objects by the retention rules; an upload form is signed with the permission to put the object.
  api_keeps_files = [
    { Sid = "RemoveFiles", Effect = "Allow", Action = ["s3:DeleteObject"], Resource = ["${module.storage.bucket_arn}/job/*", "${module.storage.bucket_arn}/upload/*"] },
    { Sid = "TakeUploads", Effect = "Allow", Action = ["s3:PutObject", "s3:AbortMultipartUpload"], Resource = ["${module.storage.bucket_arn}/upload/*"] },
  ]
}

locals {
  api_policy = [
    {
      Sid      = "SendJobs"
      Effect   = "Allow"
      Action   = ["sqs:SendMessage", "sqs:GetQueueAttributes"]
      Resource = [module.queues.arns["jobs"].queue]
    },
    {
      Sid      = "RedriveResults"
      Effect   = "Allow"
      Action   = ["sqs:SendMessage", "sqs:GetQueueAttributes"]
      Resource = [module.queues.arns["results"].queue]
    },
    {
      Sid      = "HandleDeadLetters"
      Effect   = "Allow"
      Action   = concat(local.receive_actions, ["sqs:GetQueueAttributes"])
      Resource = [module.queues.arns["jobs"].dead_letter, module.queues.arns["results"].dead_letter]
    },
  ]

  # Of the service that reads the results queue.
  results_policy = [
    {
      Sid      = "ReadResults"
      Effect   = "Allow"
      Action   = concat(local.receive_actions, ["sqs:GetQueueAttributes"])
      Resource = [module.queues.arns["results"].queue]
    },
    {
      Sid      = "Bury"
      Effect   = "Allow"
      Action   = ["sqs:SendMessage"]
      Resource = [module.queues.arns["results"].dead_letter]
    },
  ]

  most_api_tasks = max(local.api.min_tasks, local.api.max_tasks)
  results_reader = one(concat(module.consumer, local.size.has_consumer ? [] : [module.api]))
}

module "api" {
  source = "./modules/service"

  name             = "${local.name}-api"
  region           = var.region
  cluster          = local.cluster
  vpc_id           = module.network.vpc_id
  subnet_ids       = module.network.service_subnet_ids
  public_addresses = !local.network.nat
  cpu_architecture = local.cpu_architecture
  image            = local.images["api"]
  repository_arn   = module.storage.repository_arns["api"]
  size             = { cpu = local.api.cpu, memory = local.api.memory }
  before           = merge(module.database.migration, { command = ["migrate"] })
  environment      = merge(local.api_settings, local.limit_settings, local.sign_in_settings, local.github_settings, local.care_settings, local.attempt_settings, local.array_settings, { OA_CONSUMER = tostring(!local.size.has_consumer) })
  secrets          = merge(local.api_secrets, local.github_secrets)
  secret_arns      = concat(local.api_secret_arns, compact([var.github.secret_arn]))
  log_days         = local.log_days
  steady           = var.api.wait_until_steady
  scaling          = { min = local.api.min_tasks, max = local.most_api_tasks, requests_per_task = local.most_api_tasks > local.api.min_tasks ? var.api.requests_per_task : null }

  public = {
    port            = 8000
    health_path     = "/live" # this process only: a new process would wait for the database too
    subnet_ids      = module.network.public_subnet_ids
    certificate_arn = var.api.certificate_arn
    allowed_cidrs   = local.allowed_cidrs
    log_bucket      = var.api.access_log_bucket
    domain          = var.api.domain
    zone_id         = var.api.zone_id
    protected       = var.api.deletion_protection
    waf             = { requests_per_5_min = var.api.waf_requests_per_5_min, exempt_cidrs = values(module.network.nat_cidrs) }
  }

  policy = concat(local.api_logs_in, local.api_reads_files, local.api_keeps_files, local.api_issues_credentials, local.api_policy, local.size.has_consumer ? [] : local.results_policy)
}

# The small size has none: its api reads the results queue.
module "consumer" {
  source = "./modules/service"
  count  = local.size.has_consumer ? 1 : 0

  name             = "${local.name}-consumer"
  region           = var.region
  cluster          = local.cluster
  vpc_id           = module.network.vpc_id
  subnet_ids       = module.network.service_subnet_ids
  public_addresses = !local.network.nat
  cpu_architecture = local.cpu_architecture
  image            = local.images["api"]
  repository_arn   = module.storage.repository_arns["api"]
  size             = { cpu = 256, memory = 512 }
  environment      = merge(local.api_settings, local.sign_in_settings, { OA_HTTP = "false", OA_RELAY = "false", OA_SWEEP = "false", OA_SCHEDULES = "false", OA_HEALTH_PORT = "8001" })
  health_port      = 8001
  secrets          = local.api_secrets
  secret_arns      = local.api_secret_arns
  log_days         = local.log_days
  steady           = var.api.wait_until_steady
  after            = module.api.service_id # it migrates the database
  scaling          = { min = 1, max = var.api.consumer_max_tasks, queue = { name = module.queues.names["results"].queue, age_s = 60 } }

  policy = concat(local.api_logs_in, local.consumer_reads_files, local.results_policy)
}

moved {
  from = module.consumer
  to   = module.consumer[0]
}

module "dispatcher" {
  source = "./modules/service"

  name             = "${local.name}-dispatcher"
  region           = var.region
  cluster          = local.cluster
  vpc_id           = module.network.vpc_id
  subnet_ids       = module.network.service_subnet_ids
  public_addresses = !local.network.nat
  cpu_architecture = local.cpu_architecture
  image            = local.images["dispatcher"]
  repository_arn   = module.storage.repository_arns["dispatcher"]
  size             = { cpu = 256, memory = 512 }
  health_port      = 8001
  secrets          = { OA_SHARED_SECRET = local.secret_current }
  secret_arns      = [aws_secretsmanager_secret.shared.arn]
  log_days         = local.log_days
  steady           = var.api.wait_until_steady
  after            = module.api.service_id # it must accept a new secret first
  scaling          = { min = var.api.dispatcher_tasks, max = var.api.dispatcher_tasks }

  environment = merge(local.queue_settings, {
    OA_STACK             = var.environment
    OA_API_URL           = local.api_url
    OA_BUCKET            = module.storage.bucket
    OA_BATCH_QUEUES      = jsonencode(module.batch.queues_by_lane)
    OA_FAIR_SHARE_LANES  = join(",", module.batch.fair_share_lanes)
    OA_BATCH_DEFINITIONS = jsonencode(module.batch.definitions_by_tier)
    OA_JOB_TIMEOUT_S     = tostring(module.batch.attempt_s)
    OA_SUBMIT_RATE       = tostring(local.api.submits_per_s)
    OA_ARRAY_JOBS        = tostring(var.api.array_jobs)
    OA_HEALTH_PORT       = "8001"
  })

  policy = [
    {
      Sid      = "Submit"
      Effect   = "Allow"
      Action   = ["batch:SubmitJob"]
      Resource = concat(module.batch.queue_arns, [for prefix in module.batch.definition_arn_prefixes : "${prefix}:*"])
    },
    {
      Sid      = "Look" # neither action has a resource level
      Effect   = "Allow"
      Action   = ["batch:DescribeJobs", "batch:ListJobs"]
      Resource = ["*"]
    },
    {
      Sid      = "End" # job IDs do not contain the queue
      Effect   = "Allow"
      Action   = ["batch:TerminateJob"]
      Resource = ["arn:${data.aws_partition.current.partition}:batch:${var.region}:${local.account}:job/*"]
    },
    {
      Sid      = "ReadJobs"
      Effect   = "Allow"
      Action   = local.receive_actions
      Resource = [module.queues.arns["jobs"].queue]
    },
    {
      Sid      = "Report"
      Effect   = "Allow"
      Action   = ["sqs:SendMessage"]
      Resource = [module.queues.arns["results"].queue]
    },
    {
      Sid      = "Bury"
      Effect   = "Allow"
      Action   = ["sqs:SendMessage"]
      Resource = [module.queues.arns["jobs"].dead_letter]
    },
  ]
}
