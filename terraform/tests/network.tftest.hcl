# The network with and without a NAT gateway.
mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name                = "oa-dev"
  region              = "us-east-1"
  cidr                = "10.20.0.0/16"
  zones               = ["us-east-1a", "us-east-1b"]
  nat                 = true
  nat_per_zone        = false
  interface_endpoints = false
  log_days            = 30
}

run "nat" {
  command = apply

  module {
    source = "./modules/network"
  }

  assert {
    condition     = keys(aws_nat_gateway.this) == ["us-east-1a"] && keys(aws_route.nat) == ["us-east-1a", "us-east-1b"] && keys(output.nat_cidrs) == ["us-east-1a"]
    error_message = "One NAT gateway serves both zones."
  }

  assert {
    condition     = !anytrue([for subnet in concat(values(aws_subnet.task), values(aws_subnet.private)) : coalesce(subnet.map_public_ip_on_launch, false)])
    error_message = "Nothing has a public address."
  }
}

run "no_nat" {
  command = apply

  module {
    source = "./modules/network"
  }

  variables {
    nat = false
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 0 && length(aws_eip.nat) == 0 && length(aws_route.nat) == 0
    error_message = "There is no NAT gateway."
  }

  assert {
    condition     = alltrue([for association in aws_route_table_association.task : association.route_table_id == aws_route_table.public.id]) && alltrue([for subnet in aws_subnet.task : subnet.map_public_ip_on_launch])
    error_message = "Tasks reach the internet from public addresses."
  }

  assert {
    condition     = toset(output.service_subnet_ids) == toset([for subnet in aws_subnet.public : subnet.id])
    error_message = "Services are in the public subnets."
  }

  assert {
    condition     = alltrue([for subnet in aws_subnet.private : !coalesce(subnet.map_public_ip_on_launch, false)]) && alltrue([for association in aws_route_table_association.private : association.route_table_id != aws_route_table.public.id])
    error_message = "The subnets of the database have no route to the internet."
  }

  assert {
    condition     = contains(aws_vpc_endpoint.s3.route_table_ids, aws_route_table.public.id)
    error_message = "S3 is reached by its gateway endpoint."
  }

  # A network ACL reads its rules by number: the denial of the VPC comes before the permission for everything else.
  assert {
    condition = alltrue([for rule in aws_network_acl_rule.task_apart : rule.cidr_block == "10.20.0.0/16" && rule.rule_action == "deny" && rule.protocol == "-1" &&
      rule.rule_number < aws_network_acl_rule.task_out.rule_number && alltrue([for answer in aws_network_acl_rule.task_answers : rule.rule_number < answer.rule_number])
    ]) && length(aws_network_acl_rule.task_apart) == 2
    error_message = "The network ACL separates tasks from services in both directions."
  }
}
