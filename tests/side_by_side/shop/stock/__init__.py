"""What is in the warehouse: one writer at a time for each product."""
