"""An entropy bonus near 0.01 keeps A3C from settling on a near goal, whatever its staleness."""

RUN_TIME = "ten minutes"
