"""The page "X-ray triage": films come in, each gets one decision, a person looks and labels.

    page          put together; the worklist on the left, the case on the right
    state         what the parts share: this person's worklist, the open case, the model
    bring         films from a browser, and synthetic ones
    model_choice  which triage model, made ready once
    case          one decision in words, the picture, the heat map
    viewer        the picture on a canvas: window and level, zoom, heat, side by side
    details       everything else that is said of a film
    prevalences   how common each class is assumed to be
    about         whom it is for, and what it is not
    worklist      the table, its filters, its progress
    review        the reviewer's label and note, blind where that is asked for
    export        CSV and report
"""
