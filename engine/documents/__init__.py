"""Documents: every version of their bytes, ENI metadata, secure codes (CSV), templates to PDF, seals."""
