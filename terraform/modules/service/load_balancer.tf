locals {
  is_public = var.public != null
  is_https  = try(var.public.certificate_arn, null) != null
}

resource "aws_lb" "this" {
  count = local.is_public ? 1 : 0

  name                       = var.name
  load_balancer_type         = "application"
  subnets                    = var.public.subnet_ids
  security_groups            = [aws_security_group.load_balancer[0].id]
  drop_invalid_header_fields = true
  enable_deletion_protection = var.public.protected
  idle_timeout               = 120

  dynamic "access_logs" {
    for_each = var.public.log_bucket[*]

    content {
      bucket  = access_logs.value
      prefix  = var.name
      enabled = true
    }
  }
}

resource "aws_lb_target_group" "this" {
  count = local.is_public ? 1 : 0

  name                 = var.name
  vpc_id               = var.vpc_id
  port                 = var.public.port
  protocol             = "HTTP"
  target_type          = "ip"
  deregistration_delay = 30

  health_check {
    path                = var.public.health_path
    matcher             = "200"
    interval            = 15
    timeout             = 10
    healthy_threshold   = 2
    unhealthy_threshold = 4
  }
}

resource "aws_lb_listener" "http" {
  count = local.is_public ? 1 : 0

  load_balancer_arn = aws_lb.this[0].arn
  port              = 80
  protocol          = "HTTP"

  default_action {
    type             = local.is_https ? "redirect" : "forward"
    target_group_arn = local.is_https ? null : aws_lb_target_group.this[0].arn

    dynamic "redirect" {
      for_each = local.is_https ? [443] : []

      content {
        port        = redirect.value
        protocol    = "HTTPS"
        status_code = "HTTP_301"
      }
    }
  }
}

resource "aws_lb_listener" "https" {
  count = local.is_https ? 1 : 0

  load_balancer_arn = aws_lb.this[0].arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = var.public.certificate_arn

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this[0].arn
  }
}

resource "aws_security_group" "load_balancer" {
  count = local.is_public ? 1 : 0

  name        = "${var.name}-load-balancer"
  description = "HTTP and HTTPS from the clients of ${var.name}"
  vpc_id      = var.vpc_id

  tags = { Name = "${var.name}-load-balancer" }
}

resource "aws_vpc_security_group_ingress_rule" "load_balancer" {
  for_each = local.is_public ? {
    for pair in setproduct(local.is_https ? [80, 443] : [80], keys(var.public.allowed_cidrs)) :
    "${pair[0]}-${pair[1]}" => { port = pair[0], cidr = var.public.allowed_cidrs[pair[1]] }
  } : {}

  security_group_id = aws_security_group.load_balancer[0].id
  description       = "Clients"
  cidr_ipv4         = each.value.cidr
  ip_protocol       = "tcp"
  from_port         = each.value.port
  to_port           = each.value.port
}

# Earlier versions numbered the rules. A second rule of the same content would be refused.
moved {
  from = aws_vpc_security_group_ingress_rule.load_balancer["80-0"]
  to   = aws_vpc_security_group_ingress_rule.load_balancer["80-0.0.0.0/0"]
}

moved {
  from = aws_vpc_security_group_ingress_rule.load_balancer["443-0"]
  to   = aws_vpc_security_group_ingress_rule.load_balancer["443-0.0.0.0/0"]
}

resource "aws_vpc_security_group_egress_rule" "load_balancer" {
  count = local.is_public ? 1 : 0

  security_group_id            = aws_security_group.load_balancer[0].id
  description                  = "To the tasks"
  referenced_security_group_id = aws_security_group.service.id
  ip_protocol                  = "tcp"
  from_port                    = var.public.port
  to_port                      = var.public.port
}

resource "aws_vpc_security_group_ingress_rule" "service" {
  count = local.is_public ? 1 : 0

  security_group_id            = aws_security_group.service.id
  description                  = "From the load balancer"
  referenced_security_group_id = aws_security_group.load_balancer[0].id
  ip_protocol                  = "tcp"
  from_port                    = var.public.port
  to_port                      = var.public.port
}

resource "aws_route53_record" "this" {
  count = try(var.public.zone_id, null) == null ? 0 : 1

  zone_id = var.public.zone_id
  name    = var.public.domain
  type    = "A"

  alias {
    name                   = aws_lb.this[0].dns_name
    zone_id                = aws_lb.this[0].zone_id
    evaluate_target_health = false
  }
}
