"""A stylist that follows rules, behind the wire protocol of Bedrock's Converse and ConverseStream.

It keeps nothing between requests: every request brings the whole conversation, as with the real service.
"""
