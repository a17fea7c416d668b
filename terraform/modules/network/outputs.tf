output "vpc_id" {
  description = "The VPC."
  value       = aws_vpc.this.id
}

output "public_subnet_ids" {
  description = "For load balancers."
  value       = [for subnet in aws_subnet.public : subnet.id]
}

output "service_subnet_ids" {
  description = "For services: private, or public without a NAT gateway."
  value       = [for subnet in var.nat ? aws_subnet.private : aws_subnet.public : subnet.id]
}

output "private_subnet_ids" {
  description = "For the database."
  value       = [for subnet in aws_subnet.private : subnet.id]
}

output "task_subnet_ids" {
  description = "For Batch."
  value       = [for subnet in aws_subnet.task : subnet.id]
}

output "nat_cidrs" {
  description = "Public addresses of outgoing connections of services and tasks, by zone of the NAT gateway."
  value       = { for zone, address in aws_eip.nat : zone => "${address.public_ip}/32" }
}

output "policies" {
  description = "IAM policies as data, for the tests."
  value       = { flow_log = local.flow_policy }
}
