"""What people read: letters and notices, the account of a case, why something was decided."""
