"""What happens on a case besides what the rules say: who may record what, and what each thing recorded changes."""
