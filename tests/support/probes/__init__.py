"""A Django app whose tasks do what tests of the task layer need done: rest, fail, die, and leave a trace of it."""
