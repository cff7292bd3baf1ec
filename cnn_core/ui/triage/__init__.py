"""The page "X-ray triage": films come in, each gets one decision, a person looks and labels.

page            put together: worklist on the left, the open case on the right
state           what the parts share: this person's worklist, the open case, the model
bring           films from a browser, and synthetic ones
model_choice    which triage model is asked; `preparing` makes it ready, once
case, details   one decision in words, the picture, the heat map; everything else
viewer          the picture on a canvas: window and level, zoom, heat, side by side
prevalences     how common each class is assumed to be
worklist        the table, its filters, its progress
review, export  the reviewer's label and note; CSV and report
about           before there is a film
"""
