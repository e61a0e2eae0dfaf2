"""What deploying the stylist takes, as IAM policies."""
