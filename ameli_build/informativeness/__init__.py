"""Section 3.4: does a review say or show enough to tell its product from all others?"""
