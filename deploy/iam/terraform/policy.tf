# Made by `bash .ci/generated --write` from optimizationjob/aws/aws_actions.py; do not edit.

locals {
  permissions = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["sagemaker:ListOptimizationJobs", "tag:GetResources"]
        Resource = "*"
        Condition = {
          StringLike = {
            "aws:RequestedRegion" = var.regions
          }
        }
      },
      {
        Effect   = "Allow"
        Action   = ["sagemaker:DescribeOptimizationJob", "sagemaker:ListTags"]
        Resource = "arn:${data.aws_partition.current.partition}:sagemaker:*:${data.aws_caller_identity.current.account_id}:optimization-job/*"
        Condition = {
          StringLike = {
            "aws:RequestedRegion" = var.regions
          }
        }
      },
    ]
  })

  permissions_without_tags = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["sagemaker:ListOptimizationJobs"]
        Resource = "*"
        Condition = {
          StringLike = {
            "aws:RequestedRegion" = var.regions
          }
        }
      },
      {
        Effect   = "Allow"
        Action   = ["sagemaker:DescribeOptimizationJob"]
        Resource = "arn:${data.aws_partition.current.partition}:sagemaker:*:${data.aws_caller_identity.current.account_id}:optimization-job/*"
        Condition = {
          StringLike = {
            "aws:RequestedRegion" = var.regions
          }
        }
      },
    ]
  })

  trust = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect = "Allow"
        Principal = {
          AWS = var.agent_principal_arn
        }
        Action = "sts:AssumeRole"
        Condition = {
          StringEquals = {
            "sts:ExternalId" = var.external_id
          }
        }
      },
    ]
  })

  agent = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = "sts:AssumeRole"
        Resource = aws_iam_role.this.arn
      },
    ]
  })
}
