"""The HTTP door under ``/api/v1``: meters send signed readings, people look at slots and decide cases.

Only here does the error tree meet status codes, and only here does outside JSON become words of `domain/`.
"""
