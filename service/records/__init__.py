"""What a school owes its records: copies for those whom they are about, and an end to keeping them (CP-5d, CP-13a)."""
