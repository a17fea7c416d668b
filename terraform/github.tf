# The GitHub App for pull requests (docs/github.md). Its secret is created manually, so that no plan and no state contains it.
locals {
  github_settings = var.github.repository == "" ? {} : {
    OA_GITHUB_REPOSITORY = var.github.repository
    OA_GITHUB_APP_ID     = var.github.app_id
  }

  github_secrets = var.github.repository == "" ? {} : {
    OA_GITHUB_PRIVATE_KEY             = "${var.github.secret_arn}:private_key::"
    OA_GITHUB_WEBHOOK_SECRET          = "${var.github.secret_arn}:webhook::"
    OA_GITHUB_WEBHOOK_SECRET_PREVIOUS = "${var.github.secret_arn}:webhook_previous::"
  }
}
