"""What happens when the maximum term ends unanswered: silence, its certificate, and expiry."""
