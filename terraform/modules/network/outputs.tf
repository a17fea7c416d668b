output "vpc_id" {
  description = "The VPC."
  value       = aws_vpc.this.id
}

output "public_subnet_ids" {
  description = "For load balancers."
  value       = [for subnet in aws_subnet.public : subnet.id]
}

output "private_subnet_ids" {
  description = "For services and the database."
  value       = [for subnet in aws_subnet.private : subnet.id]
}

output "task_subnet_ids" {
  description = "For Batch."
  value       = [for subnet in aws_subnet.task : subnet.id]
}

output "nat_cidrs" {
  description = "Public addresses of outgoing connections of services and tasks."
  value       = [for address in aws_eip.nat : "${address.public_ip}/32"]
}

output "policies" {
  description = "IAM policies as data, for the tests."
  value       = { flow_log = local.flow_policy }
}
