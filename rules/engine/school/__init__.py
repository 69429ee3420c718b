"""The school as its own lists describe it: its people, their names as others type them, its days."""
