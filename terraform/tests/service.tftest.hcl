# The public service: its rules and its firewall.
mock_provider "aws" {
  source = "./tests/mocks"
}

run "firewall" {
  command = apply

  module {
    source = "./modules/service"
  }

  variables {
    name             = "oa-dev-api"
    region           = "us-east-1"
    cluster          = { arn = "arn:aws:ecs:us-east-1:123456789012:cluster/mock", name = "oa-dev" }
    vpc_id           = "vpc-0"
    subnet_ids       = ["subnet-0"]
    public_addresses = true
    cpu_architecture = "ARM64"
    image            = "mock:0"
    repository_arn   = "arn:aws:ecr:us-east-1:123456789012:repository/mock"
    size             = { cpu = 256, memory = 512 }
    environment      = {}
    policy           = []
    log_days         = 30
    steady           = false
    scaling          = { min = 1, max = 1 }
    public = {
      port            = 8000
      health_path     = "/live"
      subnet_ids      = ["subnet-0", "subnet-1"]
      certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/mock"
      domain          = "batch.example.org"
      allowed_cidrs   = { office = "198.51.100.0/24", nat-us-east-1a = "203.0.113.7/32" }
      protected       = false
      waf             = { requests_per_5_min = 2000, exempt_cidrs = ["203.0.113.7/32"] }
    }
  }

  assert {
    condition = { for key, rule in aws_vpc_security_group_ingress_rule.load_balancer : key => rule.cidr_ipv4 } == {
      "80-office" = "198.51.100.0/24", "443-office" = "198.51.100.0/24", "80-nat-us-east-1a" = "203.0.113.7/32", "443-nat-us-east-1a" = "203.0.113.7/32"
    }
    error_message = "Each network may connect to both ports."
  }

  assert {
    condition = alltrue([
      for rule in aws_wafv2_web_acl.this["rate"].rule : rule.statement[0].rate_based_statement[0].limit == 2000 && rule.action[0].block[0].custom_response[0].response_code == 429
    ]) && aws_wafv2_ip_set.exempt["rate"].addresses == toset(["203.0.113.7/32"])
    error_message = "The firewall answers 429 above the limit, and does not count the services and jobs."
  }

  assert {
    condition     = one(aws_ecs_service.this.network_configuration).assign_public_ip && aws_ecs_task_definition.this.runtime_platform[0].cpu_architecture == "ARM64"
    error_message = "Tasks have public addresses where there is no NAT gateway."
  }

  assert {
    condition = alltrue([
      for rule in [aws_vpc_security_group_ingress_rule.service[0]] : rule.referenced_security_group_id == aws_security_group.load_balancer[0].id && rule.cidr_ipv4 == null
    ])
    error_message = "Tasks take connections from the load balancer only, public address or not."
  }
}
