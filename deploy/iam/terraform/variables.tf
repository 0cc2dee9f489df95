variable "agent_principal_arn" {
  description = "ARN of the role or user that the Agent runs with; with its path, if it has one."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)/.+$", var.agent_principal_arn))
    error_message = "Give the ARN of a role or a user."
  }
}

variable "external_id" {
  description = "external_id of the check's configuration: who does not know it cannot use the role."
  type        = string
  sensitive   = true

  validation {
    condition     = can(regex("^[A-Za-z0-9_+=,.@:/-]{2,}$", var.external_id)) && length(var.external_id) <= 1224
    error_message = "Give 2 to 1224 letters, digits or any of _+=,.@:/-"
  }
}

variable "regions" {
  description = "Regions that may be read: names, or patterns such as us-*."
  type        = list(string)

  validation {
    condition     = length(var.regions) > 0
    error_message = "Give at least one region."
  }
}

variable "role_name" {
  description = "Name of the role."
  type        = string
  default     = "datadog-optimizationjob"
}

variable "collect_tags" {
  description = "collect_tags of the check's configuration: whether tags of jobs may be read."
  type        = bool
  default     = true
}
