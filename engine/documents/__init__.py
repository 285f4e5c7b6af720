"""Documents: versions, ENI metadata, secure codes (CSV), templates to PDF, seals."""
