variable "name" {
  description = "Prefix of every name."
  type        = string
}

variable "senders" {
  description = "ARNs of the roles that may send to each queue."
  type = object({
    jobs    = list(string)
    results = list(string)
  })
}

variable "readers" {
  description = "ARNs of the roles that may receive from each queue."
  type = object({
    jobs    = list(string)
    results = list(string)
  })
}

variable "batch_queue_arns" {
  description = "The Batch job queues whose state changes go to the results queue."
  type        = list(string)
}
