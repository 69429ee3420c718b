"""What holds for every possible submission, shown by z3; or the form, the case and the scenario that break it."""
