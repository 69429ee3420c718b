"""Figures for leadership and governors: counts, types, outcomes and timeliness; never a person (AB-4b, AB-13c)."""
