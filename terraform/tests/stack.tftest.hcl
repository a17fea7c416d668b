# The complete stack on a mocked AWS: permissions, connections, alarms.
mock_provider "aws" {
  source = "./tests/mocks"
}

mock_provider "aws" {
  alias  = "backup_copy"
  source = "./tests/mocks"
}

variables {
  environment   = "staging"
  git_sha       = "0123456789abcdef0123456789abcdef01234567"
  shared_secret = "abcdefghijklmnopqrstuvwxyz012345"
  storage       = { public_read = "cloudfront" }
  schedules = {
    sources = { expression = "cron(0 3 ? * FRI *)", body = "{\"type\": \"sources\"}", enabled = true }
  }

  # Without an account, ECS does not report whether a deployment has succeeded.
  api = { wait_until_steady = false }
}

run "stack" {
  command = apply

  variables {
    network = { interface_endpoints = true, nat_per_zone = true }
  }

  # Policies as data: statements as "role/Sid" with their actions and resources.

  assert {
    condition = length([
      for statement in output.policy_statements : statement.id
      if anytrue([for action in statement.actions : strcontains(action, "*")])
    ]) == 0
    error_message = "No policy may have wildcard actions."
  }

  assert {
    condition = length(setsubtract([
      for statement in output.policy_statements : statement.sid
      if contains(statement.resources, "*") && statement.effect == "Allow"
      ], [
      "Login", # ecr:GetAuthorizationToken has no resource level
      "Look",  # batch:DescribeJobs and ListJobs have no resource level
    ])) == 0
    error_message = "Only actions without resource level may be allowed on all resources."
  }

  assert {
    condition = toset(flatten([
      for statement in output.policy_statements : statement.actions if statement.role == "oa-staging-task"
    ])) == toset(["sqs:SendMessage"])
    error_message = "The role of all containers may report, nothing else."
  }

  assert {
    condition = toset(flatten([
      for statement in output.policy_statements : [for action in statement.actions : [for resource in statement.resources : "${action} ${resource}"]]
      if statement.role == "oa-staging-attempt"
    ])) == toset([for action in ["s3:PutObject", "s3:AbortMultipartUpload", "s3:GetObject"] : "${action} arn:aws:s3:::mock/job/*"])
    error_message = "The role of attempts may create and read files of attempts, nothing else."
  }

  assert {
    condition = [
      for statement in output.policy_statements : "${statement.role} ${length(statement.resources)}" if contains(statement.actions, "sts:AssumeRole")
    ] == ["oa-staging-api 1"]
    error_message = "Only the api assumes a role, that of attempts."
  }

  assert {
    condition = length([
      for variable in flatten([for container in output.task_definitions.api.containers : container.environment]) : variable
      if variable.name == "OA_ATTEMPT_ROLE_ARN"
    ]) > 0
    error_message = "The api issues credentials of attempts."
  }

  assert {
    condition = [
      for statement in output.policy_statements : join(" ", concat([statement.effect], statement.excepted, statement.keys))
      if statement.sid == "WriteOnce"
    ] == ["Deny arn:aws:s3:::mock/job/*/log.jsonl aws:PrincipalArn s3:ObjectCreationOperation s3:if-none-match"]
    error_message = "A task may replace its log only."
  }

  assert {
    condition = toset([
      for statement in output.policy_statements : statement.role
      if anytrue([for action in statement.actions : contains(["s3:DeleteObject"], action)]) && statement.effect == "Allow"
    ]) == toset(["oa-staging-api"])
    error_message = "Only the api may delete objects."
  }

  assert {
    condition = alltrue([
      for statement in output.policy_statements :
      alltrue([for resource in statement.resources : endswith(resource, ":::mock/upload/*")])
      if statement.role == "oa-staging-api" && contains(statement.actions, "s3:PutObject")
    ])
    error_message = "The api may let users put objects under upload/ only."
  }

  assert {
    condition = length([
      for statement in output.policy_statements : statement.id
      if anytrue([for action in statement.actions : startswith(action, "batch:")]) && statement.effect == "Allow" && statement.role != "oa-staging-dispatcher"
    ]) == 0
    error_message = "Only the dispatcher may call Batch."
  }

  assert {
    condition = alltrue([
      for statement in output.policy_statements :
      length(statement.resources) == 10 && alltrue([for resource in statement.resources : can(regex(":job-(queue|definition)/", resource))])
      if contains(statement.actions, "batch:SubmitJob")
    ])
    error_message = "The dispatcher submits the four definitions to the six queues of this stack."
  }

  assert {
    condition     = alltrue([for statement in output.policy_statements : length(statement.conditions) > 0 if statement.principal == "service"])
    error_message = "A service of AWS may use a queue, bucket or topic only on behalf of a resource of this stack."
  }

  # Settings of the services.

  assert {
    condition = alltrue([
      for name, definition in output.task_definitions : alltrue([
        for container in definition.containers : container.readonlyRootFilesystem && !container.privileged
      ])
    ])
    error_message = "Containers are not privileged and cannot write to their root."
  }

  assert {
    condition = length([
      for variable in flatten([for definition in output.task_definitions : [for container in definition.containers : container.environment]]) :
      variable.name if can(regex("(SECRET|PASSWORD)(_PREVIOUS)?$", variable.name)) || strcontains(variable.value, "abcdefghijklmnopqrstuvwxyz012345")
    ]) == 0
    error_message = "Secrets are passed by reference, never as values."
  }

  assert {
    condition = [
      for container in output.task_definitions.api.containers : one(container.dependsOn).condition if container.name == "main"
    ] == ["SUCCESS"]
    error_message = "The api starts only after `oa-api migrate` has succeeded."
  }

  assert {
    condition = {
      for container in flatten([for definition in [output.task_definitions.api, output.task_definitions.consumer] : definition.containers]) :
      container.name => regex("//([a-z_]+)@", one([for variable in container.environment : variable.value if variable.name == "OA_DATABASE_URL"]))...
    } == { before = [["openaddresses"]], main = [["oa_service"], ["oa_service"]] }
    error_message = "Only `oa-api migrate` logs in as the master user of the database."
  }

  assert {
    condition = [
      for container in flatten([for definition in output.task_definitions : definition.containers]) : container.name
      if anytrue([for secret in try(container.secrets, []) : strcontains(secret.valueFrom, "secret:rds-")])
    ] == ["before"]
    error_message = "Only `oa-api migrate` gets the password of the master user."
  }

  assert {
    condition = toset([
      for statement in output.policy_statements : statement.role if statement.sid == "ReadDatabasePassword"
    ]) == toset(["oa-staging-api", "oa-staging-consumer"])
    error_message = "The api and the consumer read the password of the database again when a login is refused."
  }

  assert {
    condition     = alltrue([for definition in output.task_definitions : alltrue([for c in definition.containers : c.stopTimeout > 25 if c.name == "main"])])
    error_message = "Services need 25 s to stop."
  }

  # Alarms.

  assert {
    condition = length(setsubtract([
      "jobs-dead", "jobs-age", "results-dead", "results-age", "outbox-age", "api-sweep-age", "batch-sweep-age", "api-5xx",
      "database-storage", "database-connections", "jobs-runnable", "run-not-ended", "weekly-run-not-ended",
    ], keys(output.alarms))) == 0
    error_message = "An alarm is missing."
  }

  assert {
    condition     = alltrue([for key in ["api-sweep-age", "batch-sweep-age"] : output.alarms[key].missing == "breaching"])
    error_message = "Missing data of required metrics is an alarm."
  }

  assert {
    condition = (
      output.alarms["weekly-run-not-ended"].metric == "WeeklyRunAge" &&
      output.alarms["weekly-run-not-ended"].missing == "notBreaching" &&
      output.alarms["weekly-run-not-ended"].threshold == 9 * 24 * 3600
    )
    error_message = "The weekly run is measured by its end; a new stack has no data yet and must not mail."
  }

  assert {
    condition     = output.alarms["outbox-age"].metric == "OutboxStalled" && output.alarms["outbox-age"].threshold <= 300
    error_message = "A message that does not reach the jobs queue for five minutes is an alarm."
  }

  assert {
    condition     = output.public_url == "https://mock.cloudfront.net"
    error_message = "Published files are read through CloudFront."
  }

  assert {
    condition = alltrue([
      for service in ["api", "consumer"] :
      contains(output.task_definitions[service].containers[0].environment, { name = "OA_FILES_URL", value = output.public_url })
    ])
    error_message = "Links of the API lead to CloudFront."
  }

  assert {
    condition = {
      for statement in output.policy_statements : statement.sid => join(" ", concat([statement.effect], statement.resources))
      if startswith(statement.sid, "CloudFront")
      } == {
      CloudFront              = "Allow arn:aws:s3:::mock/job/*"
      CloudFrontNotForRecords = "Deny arn:aws:s3:::mock/job/*/claim.json arn:aws:s3:::mock/job/*/log.jsonl arn:aws:s3:::mock/job/*/result.json"
    }
    error_message = "CloudFront reads the files of attempts, and neither their records nor uploads."
  }
}

# The two other values of `attempt_credentials`, for the change from one to the other.

run "containers_of_both_kinds" {
  command = apply

  variables {
    attempt_credentials = "both"
  }

  assert {
    condition = toset(flatten([
      for statement in output.policy_statements : statement.actions if statement.role == "oa-staging-task"
    ])) == toset(["s3:PutObject", "s3:AbortMultipartUpload", "s3:GetObject", "sqs:SendMessage"])
    error_message = "Containers without credentials of their attempt still use their role."
  }

  assert {
    condition     = anytrue([for statement in output.policy_statements : contains(statement.actions, "sts:AssumeRole")])
    error_message = "The api issues credentials already."
  }
}

run "one_role_for_all_containers" {
  command = apply

  variables {
    attempt_credentials = "off"
  }

  assert {
    condition     = !anytrue([for statement in output.policy_statements : contains(statement.actions, "sts:AssumeRole")])
    error_message = "The api issues no credentials."
  }

  assert {
    condition     = anytrue([for statement in output.policy_statements : contains(statement.actions, "s3:PutObject") && statement.role == "oa-staging-task"])
    error_message = "Containers use their role."
  }
}
