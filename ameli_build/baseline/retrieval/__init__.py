"""Candidate retrieval: the prior, pools of candidates, the rows of Table 4 (sections 4.2 and 4.3)."""
