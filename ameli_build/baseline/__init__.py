"""Sections 4 and 5: candidate retrieval and disambiguation on a released data set, scored as Tables 4 and 5."""
