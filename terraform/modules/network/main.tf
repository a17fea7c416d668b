locals {
  zones = { for index, zone in var.zones : zone => index }
  nats  = var.nat ? { for zone, index in local.zones : zone => index if var.nat_per_zone || index == 0 } : {}

  # The first eighth holds the small subnets; the tasks have an eighth per zone, one address for each container.
  cidrs = {
    public   = { for zone, index in local.zones : zone => cidrsubnet(var.cidr, 8, index) }
    private  = { for zone, index in local.zones : zone => cidrsubnet(var.cidr, 8, 8 + index) }
    endpoint = { for zone, index in local.zones : zone => cidrsubnet(var.cidr, 8, 16 + index) }
    task     = { for zone, index in local.zones : zone => cidrsubnet(var.cidr, 3, 1 + index) }
  }
}

resource "aws_vpc" "this" {
  cidr_block           = var.cidr
  enable_dns_hostnames = true
  enable_dns_support   = true

  tags = { Name = var.name }
}

# No rules: resources that use the default group by mistake get no network.
resource "aws_default_security_group" "closed" {
  vpc_id = aws_vpc.this.id

  tags = { Name = "${var.name}-closed" }
}

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id

  tags = { Name = var.name }
}

resource "aws_subnet" "public" {
  for_each = local.cidrs.public

  vpc_id            = aws_vpc.this.id
  availability_zone = each.key
  cidr_block        = each.value

  tags = { Name = "${var.name}-public-${each.key}" }
}

resource "aws_subnet" "private" {
  for_each = local.cidrs.private

  vpc_id            = aws_vpc.this.id
  availability_zone = each.key
  cidr_block        = each.value

  tags = { Name = "${var.name}-private-${each.key}" }
}

resource "aws_subnet" "endpoint" {
  for_each = local.cidrs.endpoint

  vpc_id            = aws_vpc.this.id
  availability_zone = each.key
  cidr_block        = each.value

  tags = { Name = "${var.name}-endpoint-${each.key}" }
}

# Without a NAT gateway the hosts of Batch need public addresses. Their security group takes no incoming connection.
resource "aws_subnet" "task" {
  for_each = local.cidrs.task

  vpc_id                  = aws_vpc.this.id
  availability_zone       = each.key
  cidr_block              = each.value
  map_public_ip_on_launch = !var.nat

  tags = { Name = "${var.name}-task-${each.key}" }
}

resource "aws_eip" "nat" {
  for_each = local.nats

  domain = "vpc"

  tags = { Name = "${var.name}-nat-${each.key}" }
}

resource "aws_nat_gateway" "this" {
  for_each = local.nats

  allocation_id = aws_eip.nat[each.key].id
  subnet_id     = aws_subnet.public[each.key].id

  tags = { Name = "${var.name}-${each.key}" }

  depends_on = [aws_internet_gateway.this]
}
