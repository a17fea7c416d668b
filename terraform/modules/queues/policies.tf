locals {
  policies = merge(
    { for name in local.queues : name => {
      Version = "2012-10-17"
      Statement = concat(
        [
          {
            Sid       = "Send"
            Effect    = "Allow"
            Principal = { AWS = var.senders[name] }
            Action    = ["sqs:SendMessage"]
            Resource  = [aws_sqs_queue.this[name].arn]
          },
          {
            Sid       = "Receive"
            Effect    = "Allow"
            Principal = { AWS = var.readers[name] }
            Action    = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"]
            Resource  = [aws_sqs_queue.this[name].arn]
          },
          local.tls_only[name],
        ],
        # All elements need one type: events have a condition, roles have null.
        [for statement in [local.events_may_send] : statement if name == "results"],
      )
    } },
    { for name in local.queues : "${name}-dlq" => {
      Version = "2012-10-17"
      Statement = concat(
        [
          {
            Sid       = "Bury"
            Effect    = "Allow"
            Principal = { AWS = var.readers[name] }
            Action    = ["sqs:SendMessage"]
            Resource  = [aws_sqs_queue.dead[name].arn]
          },
          local.tls_only["${name}-dlq"],
        ],
        [for statement in [local.events_may_bury] : statement if name == "results"],
      )
    } },
  )

  all_arns = merge(
    { for name, queue in aws_sqs_queue.this : name => queue.arn },
    { for name, queue in aws_sqs_queue.dead : "${name}-dlq" => queue.arn },
  )

  tls_only = { for name, arn in local.all_arns : name => {
    Sid       = "TlsOnly"
    Effect    = "Deny"
    Principal = { AWS = "*" }
    Action    = ["sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage"]
    Resource  = [arn]
    Condition = { Bool = { "aws:SecureTransport" = "false" } }
  } }

  events_may_send = {
    Sid       = "StateChanges"
    Effect    = "Allow"
    Principal = { Service = "events.amazonaws.com" }
    Action    = ["sqs:SendMessage"]
    Resource  = [aws_sqs_queue.this["results"].arn]
    Condition = { ArnEquals = { "aws:SourceArn" = aws_cloudwatch_event_rule.state_change.arn } }
  }

  events_may_bury = merge(local.events_may_send, { Resource = [aws_sqs_queue.dead["results"].arn] })
}
