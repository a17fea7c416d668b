# The GitHub App on a mocked AWS: with its secrets by reference, or absent.
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

  # Without an account, ECS does not report whether a deployment has succeeded.
  api = { wait_until_steady = false }
}

run "without_a_repository_there_is_none_of_it" {
  command = apply

  assert {
    condition = length([
      for setting in flatten([
        for definition in output.task_definitions : [for container in definition.containers : concat(container.environment, container.secrets)]
        ]) : setting.name if anytrue([
        for start in ["OA_GITHUB_REPOSITORY", "OA_GITHUB_APP", "OA_GITHUB_PRIVATE", "OA_GITHUB_WEBHOOK"] : startswith(setting.name, start)
      ])
    ]) == 0
    error_message = "Without a repository no service has GitHub settings."
  }
}

run "with_a_repository_the_api_alone_has_the_key" {
  command = apply

  variables {
    github = {
      repository = "openaddresses/openaddresses"
      app_id     = "4711"
      secret_arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:oa-github-AbCdEf"
    }
  }

  assert {
    condition = toset(flatten([
      for name, definition in output.task_definitions : [
        for container in definition.containers : [for secret in container.secrets : name if secret.name == "OA_GITHUB_PRIVATE_KEY"]
      ]
    ])) == toset(["api"])
    error_message = "Only the api has the key of the App, by reference."
  }

  assert {
    condition = contains(flatten([
      for statement in output.policy_statements : statement.resources if statement.role == "oa-staging-api-execution"
    ]), "arn:aws:secretsmanager:us-east-1:123456789012:secret:oa-github-AbCdEf")
    error_message = "ECS may read the secret of the App for the api."
  }

  assert {
    condition = alltrue([
      for statement in output.policy_statements : statement.role == "oa-staging-api-execution" || !contains(flatten([statement.resources]), "arn:aws:secretsmanager:us-east-1:123456789012:secret:oa-github-AbCdEf")
    ])
    error_message = "No other role may read the secret of the App."
  }
}

run "repository_without_a_secret_is_refused" {
  command = plan

  variables {
    github = { repository = "openaddresses/openaddresses", app_id = "4711" }
  }
  expect_failures = [var.github]
}

run "repository_without_an_app_is_refused" {
  command = plan

  variables {
    github = {
      repository = "openaddresses/openaddresses"
      secret_arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:oa-github-AbCdEf"
    }
  }
  expect_failures = [var.github]
}
