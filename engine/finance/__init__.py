"""Finance: invoices, their register, their checks and their way to payment."""
