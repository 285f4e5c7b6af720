"""The register of invoices: lists, upload, one invoice with its steps and its present task."""
