output "role_arn" {
  description = "What goes into assume_role of the check's configuration."
  value       = aws_iam_role.this.arn
}

output "agent_policy" {
  description = "Policy for the Agent's own role or user, as JSON: it may assume the role."
  value       = local.agent
}
