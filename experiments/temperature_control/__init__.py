"""Does an automatic temperature spare the choice of alpha, and explore first and exploit later?"""
