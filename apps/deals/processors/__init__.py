"""The work: reading a file of deals into the table, answering from it, removing what was replaced."""
