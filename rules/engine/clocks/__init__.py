"""Time limits as the policies count them: when each clock is due, and how it stands. Nothing is stored."""
