"""What a citizen does at the sede: applications, payments, receipts, expedientes, notifications, own data."""
