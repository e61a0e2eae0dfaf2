"""The local image maker: draws the outfit that a prompt asks for, behind Stability's wire format.

No model is behind it. It reads garments, colours, patterns, a person and a place from the words, dresses a
drawn figure in them, and leaves to the seed what the words leave open.
"""

from local.ai.images.wire import MODEL_IDS, BadRequest, generate

__all__ = ["MODEL_IDS", "BadRequest", "generate"]
