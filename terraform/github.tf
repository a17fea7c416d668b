# The GitHub App for pull requests (docs/github.md). Without a repository none of these resources exist.
locals {
  github_secret = one([
    for version in aws_secretsmanager_secret_version.github : "${version.arn}:%s::${version.version_id}"
  ])

  github_settings = var.github.repository == "" ? {} : {
    OA_GITHUB_REPOSITORY = var.github.repository
    OA_GITHUB_APP_ID     = var.github.app_id
  }

  github_secrets = var.github.repository == "" ? {} : {
    OA_GITHUB_PRIVATE_KEY             = format(local.github_secret, "private_key")
    OA_GITHUB_WEBHOOK_SECRET          = format(local.github_secret, "webhook")
    OA_GITHUB_WEBHOOK_SECRET_PREVIOUS = format(local.github_secret, "webhook_previous")
  }
}

resource "aws_secretsmanager_secret" "github" {
  count = var.github.repository == "" ? 0 : 1

  name                    = "${local.name}/github"
  description             = "Key and webhook secret of the GitHub App"
  recovery_window_in_days = var.environment == "prod" ? 30 : 0
}

resource "aws_secretsmanager_secret_version" "github" {
  count = var.github.repository == "" ? 0 : 1

  secret_id = aws_secretsmanager_secret.github[0].id
  secret_string = jsonencode({
    private_key      = var.github_secrets.private_key
    webhook          = var.github_secrets.webhook
    webhook_previous = var.github_secrets.webhook_previous
  })
}
