"""The world as it is: meters and devices, the chain, language models, files. The only floor that touches the outside.

Each adapter offers what its user asks for, and turns the outside's failures into ``OutsideFailed``.
"""
