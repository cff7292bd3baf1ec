"""What the figures of a fit verdict are held against, each with its reason; plain numbers."""

OVERFITTING_GAP = 0.02
"""A gap counts from two points on: less is of no use to close."""

TOLERATED_GAP = 0.05
"""Where the interval of the gap ends below five points, no overfitting worth mending is hidden."""

LEARNED = 0.9
"""Share of its own training pictures; below that a network has not learned them."""

ALL_LEARNED = 0.995
"""From here on nothing is left to learn from the training pictures."""

IMPROVING = 0.01
"""A rise of validation accuracy over the last epochs counts from one point on."""

LOSS_TURNED = 0.05
"""The validation loss has turned where it lies by so much of itself above its lowest epoch."""

LEARNED_NOTHING = 0.95
"""A training loss above so much of the first step's: the network is about as good as untrained."""

SHOT_UP = 2.0
"""A step's loss of so many times the untrained network's has thrown it off its way."""

WORSE_THAN_UNTRAINED = 1.1
"""A training loss of so many times the untrained network's is more than nothing learned."""

GIVEN_BACK = 0.25
"""Of what the training loss had come down, lost again: more than the noise between epochs."""
