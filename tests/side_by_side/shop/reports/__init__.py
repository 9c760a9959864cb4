"""What is made by the clock."""
