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
    github         = { repository = "openaddresses/openaddresses", app_id = "4711" }
    github_secrets = { private_key = "a key", webhook = "abcdefghijklmnopqrstuvwxyz012345" }
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
    condition = length([
      for setting in flatten([for definition in output.task_definitions : [for container in definition.containers : container.environment]]) :
      setting.name if strcontains(setting.value, "a key")
    ]) == 0
    error_message = "The key is passed by reference, never as a value."
  }
}

run "repository_without_a_key_is_refused" {
  command = plan

  variables {
    github = { repository = "openaddresses/openaddresses", app_id = "4711" }
  }
  expect_failures = [var.github_secrets]
}

run "repository_without_an_app_is_refused" {
  command = plan

  variables {
    github         = { repository = "openaddresses/openaddresses" }
    github_secrets = { private_key = "a key", webhook = "abcdefghijklmnopqrstuvwxyz012345" }
  }
  expect_failures = [var.github]
}
