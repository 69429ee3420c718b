"""From the answers of a form to an event: its facts, its people, and who of the school is kept out of it."""
