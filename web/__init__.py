"""The faces of the town hall: one blueprint per audience. Routes parse, call their queries or one operation, render."""
