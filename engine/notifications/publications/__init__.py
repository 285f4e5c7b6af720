"""Publications that stand in for notifications, or go before an announcement (arts. 44 to 46)."""
