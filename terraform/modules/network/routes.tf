resource "aws_route_table" "public" {
  vpc_id = aws_vpc.this.id

  tags = { Name = "${var.name}-public" }
}

resource "aws_route" "internet" {
  route_table_id         = aws_route_table.public.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.this.id
}

resource "aws_route_table_association" "public" {
  for_each = aws_subnet.public

  subnet_id      = each.value.id
  route_table_id = aws_route_table.public.id
}

resource "aws_route_table" "inner" {
  for_each = local.zones

  vpc_id = aws_vpc.this.id

  tags = { Name = "${var.name}-inner-${each.key}" }
}

resource "aws_route" "nat" {
  for_each = var.nat ? local.zones : {}

  route_table_id         = aws_route_table.inner[each.key].id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = try(aws_nat_gateway.this[each.key].id, aws_nat_gateway.this[var.zones[0]].id)
}

resource "aws_route_table_association" "private" {
  for_each = aws_subnet.private

  subnet_id      = each.value.id
  route_table_id = aws_route_table.inner[each.key].id
}

resource "aws_route_table_association" "task" {
  for_each = aws_subnet.task

  subnet_id      = each.value.id
  route_table_id = var.nat ? aws_route_table.inner[each.key].id : aws_route_table.public.id
}

# The local route of a VPC cannot be removed, so a network ACL confines tasks that run untrusted sources: no packet passes
# between the task subnets and the rest of the VPC, except HTTPS to the interface endpoints.
resource "aws_network_acl" "task" {
  vpc_id     = aws_vpc.this.id
  subnet_ids = [for subnet in aws_subnet.task : subnet.id]

  tags = { Name = "${var.name}-task" }
}

resource "aws_network_acl_rule" "task_to_endpoint" {
  for_each = local.zones

  network_acl_id = aws_network_acl.task.id
  rule_number    = 100 + each.value
  egress         = true
  rule_action    = "allow"
  protocol       = "tcp"
  cidr_block     = local.cidrs.endpoint[each.key]
  from_port      = 443
  to_port        = 443
}

resource "aws_network_acl_rule" "endpoint_to_task" {
  for_each = local.zones

  network_acl_id = aws_network_acl.task.id
  rule_number    = 100 + each.value
  egress         = false
  rule_action    = "allow"
  protocol       = "tcp"
  cidr_block     = local.cidrs.endpoint[each.key]
  from_port      = 32768
  to_port        = 65535
}

resource "aws_network_acl_rule" "task_apart" {
  for_each = { in = false, out = true }

  network_acl_id = aws_network_acl.task.id
  rule_number    = 200
  egress         = each.value
  rule_action    = "deny"
  protocol       = "-1"
  cidr_block     = var.cidr
}

resource "aws_network_acl_rule" "task_out" {
  network_acl_id = aws_network_acl.task.id
  rule_number    = 300
  egress         = true
  rule_action    = "allow"
  protocol       = "-1"
  cidr_block     = "0.0.0.0/0"
}

# Responses only, to the ephemeral ports of Linux: a network ACL is stateless.
resource "aws_network_acl_rule" "task_answers" {
  for_each = { tcp = 300, udp = 301 }

  network_acl_id = aws_network_acl.task.id
  rule_number    = each.value
  egress         = false
  rule_action    = "allow"
  protocol       = each.key
  cidr_block     = "0.0.0.0/0"
  from_port      = 32768
  to_port        = 65535
}
