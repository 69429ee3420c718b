"""Plain values that everything else speaks of: policies, forms, cases, effects; and what conditions on them mean."""
