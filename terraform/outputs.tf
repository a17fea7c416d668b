output "api_url" {
  description = "URL of the API and its pages."
  value       = local.api_url
}

output "image_platform" {
  description = "Platform to build the images for."

  # By way of the repositories, so that the output exists once they do: the images are pushed before everything else exists.
  value = one(distinct([
    for url in values(module.storage.repository_urls) : { ARM64 = "linux/arm64", X86_64 = "linux/amd64" }[local.cpu_architecture]
  ]))
}

output "bucket" {
  description = "The data bucket."
  value       = module.storage.bucket
}

output "public_url" {
  description = "Public URL of published files, if enabled."
  value       = module.storage.public_url
}

output "repository_urls" {
  description = "Image repositories."
  value       = module.storage.repository_urls
}

output "queue_urls" {
  description = "The queues and their dead-letter queues."
  value       = module.queues.urls
}

output "batch_queues" {
  description = "Batch job queues by lane."
  value       = module.batch.queues_by_lane
}

output "batch_definitions" {
  description = "Batch job definitions by tier."
  value       = module.batch.definitions_by_tier
}

output "task_definitions" {
  description = "Container definition of each service: arguments, settings and references to secrets."
  value = merge(
    {
      api        = module.api.task_definition
      dispatcher = module.dispatcher.task_definition
      schedule   = module.schedule.task_definition
    },
    { for consumer in module.consumer : "consumer" => consumer.task_definition },
  )
}

output "database" {
  description = "The database, and the secret that holds the password of the services."
  value = {
    identifier = module.database.identifier
    host       = module.database.host
    secret_arn = module.database.secret_arn
  }
}

output "dashboard" {
  description = "The CloudWatch dashboard."
  value       = module.monitoring.dashboard
}

output "alarm_topic" {
  description = "The SNS topic of the alarms."
  value       = module.monitoring.topic_arn
}

output "alarms" {
  description = "Alarms, by name."
  value       = { for name, alarm in module.monitoring.alarms : name => { description = alarm.description, missing = alarm.missing, metric = alarm.metric, threshold = alarm.threshold } }
}

output "policy_statements" {
  description = "Every statement of every policy of this stack."
  value = flatten([
    for role, policy in merge(
      module.network.policies, module.queues.policies, module.storage.policies, module.api.policies, merge(module.consumer[*].policies...),
      module.dispatcher.policies, module.batch.policies, module.schedule.policies, module.monitoring.policies, merge(module.budget[*].policies...),
      ) : [
      for statement in policy.Statement : {
        id         = "${role}/${statement.Sid}"
        role       = role
        sid        = statement.Sid
        effect     = statement.Effect
        actions    = statement.Action
        resources  = try(statement.Resource, [])
        excepted   = try(statement.NotResource, [])
        principal  = can(statement.Principal.Service) ? "service" : can(statement.Principal) ? "role" : "self"
        conditions = try(keys(statement.Condition), [])
        keys       = try(sort(flatten([for tests in values(statement.Condition) : keys(tests)])), [])
      }
    ]
  ])
}
