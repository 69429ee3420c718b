"""The one decision, and the last word on it; and what is no form: a digest, a release, new dates."""
