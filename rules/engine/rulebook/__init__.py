"""The rule files as a whole: loaded, checked, shown by their examples, drawn, and held against the clause register."""
