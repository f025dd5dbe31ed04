"""How speed grows with learners, environments, states and cores, and what limits it."""
