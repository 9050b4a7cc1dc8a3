"""A contract as people read it: typed fields, articles in Japanese and English, a checker of free text, the PDF."""
