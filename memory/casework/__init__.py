"""What stands around a case: claims, questions, amendments, disputes, approvers' keys."""
