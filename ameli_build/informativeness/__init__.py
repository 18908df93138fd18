"""Section 3.4: does a review say or show enough to distinguish its product from all others?"""
