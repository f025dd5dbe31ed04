"""How fast the learners learn beside those of other libraries, each in its own interpreter."""
