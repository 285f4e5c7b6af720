"""What goes on paper: batches to print, and the file of what the postman brought back."""
