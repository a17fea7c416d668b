# An optional limit of requests per client address in front of the load balancer. The api has its own limits, but a flood
# reaches its process before it counts.
locals {
  firewalls = { for requests in try(var.public.waf.requests_per_5_min[*], []) : "rate" => requests }
}

resource "aws_wafv2_ip_set" "exempt" {
  for_each = local.firewalls

  name               = "${var.name}-exempt"
  description        = "Addresses of the services and the jobs of this stack"
  scope              = "REGIONAL"
  ip_address_version = "IPV4"
  addresses          = var.public.waf.exempt_cidrs
}

resource "aws_wafv2_web_acl" "this" {
  for_each = local.firewalls

  name        = var.name
  description = "Requests per client address"
  scope       = "REGIONAL"

  default_action {
    allow {}
  }

  rule {
    name     = "rate"
    priority = 1

    action {
      block {
        custom_response {
          response_code = 429
        }
      }
    }

    statement {
      rate_based_statement {
        limit                 = each.value
        evaluation_window_sec = 300
        aggregate_key_type    = "IP"

        scope_down_statement {
          not_statement {
            statement {
              ip_set_reference_statement {
                arn = aws_wafv2_ip_set.exempt[each.key].arn
              }
            }
          }
        }
      }
    }

    visibility_config {
      metric_name                = "${var.name}-rate"
      cloudwatch_metrics_enabled = true
      sampled_requests_enabled   = true
    }
  }

  visibility_config {
    metric_name                = var.name
    cloudwatch_metrics_enabled = true
    sampled_requests_enabled   = true
  }
}

resource "aws_wafv2_web_acl_association" "this" {
  for_each = local.firewalls

  resource_arn = aws_lb.this[0].arn
  web_acl_arn  = aws_wafv2_web_acl.this[each.key].arn
}
