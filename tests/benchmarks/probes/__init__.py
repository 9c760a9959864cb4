"""A Django app with nothing but tasks to be measured."""
