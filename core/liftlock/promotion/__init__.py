"""Promotions: comparing two cells, classifying what differs, planning, applying, and saying so."""
