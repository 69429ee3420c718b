"""What a school's forms post: verified, then read."""

from integrations.intake.submission import Answer, Posted, ShapeError, Submission, read
from integrations.intake.verify import SignatureError, Verifier, signing_key

__all__ = ["Answer", "Posted", "ShapeError", "SignatureError", "Submission", "Verifier", "read", "signing_key"]
