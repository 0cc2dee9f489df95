# The role with which the Datadog Agent reads SageMaker optimization jobs of one account. It changes nothing.
# What it may do stands in policy.tf.

terraform {
  required_version = ">= 1.3"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 4.0"
    }
  }
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

resource "aws_iam_role" "this" {
  name               = var.role_name
  description        = "Lets the Datadog Agent read SageMaker optimization jobs and their tags."
  assume_role_policy = local.trust
}

resource "aws_iam_role_policy" "this" {
  name   = "read-optimization-jobs"
  role   = aws_iam_role.this.id
  policy = var.collect_tags ? local.permissions : local.permissions_without_tags
}
