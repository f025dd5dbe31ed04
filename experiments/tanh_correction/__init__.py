"""What SAC does when its entropy forgets the tanh, or corrects for it with an epsilon."""
