output "names" {
  description = "Names of the queues and of their dead-letter queues."
  value = {
    for name in local.queues : name => {
      queue       = aws_sqs_queue.this[name].name
      dead_letter = aws_sqs_queue.dead[name].name
    }
  }
}

output "urls" {
  description = "Queue URLs, as configured in the services."
  value = {
    for name in local.queues : name => {
      queue       = aws_sqs_queue.this[name].url
      dead_letter = aws_sqs_queue.dead[name].url
    }
  }
}

output "arns" {
  description = "ARNs, for policies."
  value = {
    for name in local.queues : name => {
      queue       = aws_sqs_queue.this[name].arn
      dead_letter = aws_sqs_queue.dead[name].arn
    }
  }
}

output "policies" {
  description = "Queue policies as data, for the tests."
  value       = local.policies
}
