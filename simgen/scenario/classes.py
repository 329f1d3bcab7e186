"""The one global table of semantic classes. Ids never change and are never reused, so that datasets can be merged."""

CLASSES = {
    name: number
    for number, name in enumerate(
        "background robot gripper table floor wall cube box ball cylinder capsule bin tray drawer cabinet handle "
        "mug cup bowl plate bottle can carton bag book tool screwdriver hammer wrench fruit apple banana orange lemon "
        "toy block peg plank shelf rack pallet crate cone sign forklift person cart conveyor spill liquid cloth cable "
        "lamp monitor keyboard phone plant sponge pan pot knife fork spoon goal marker distractor object room".split()
    )
}
"""Class name to id; 0 is background. 200 to 254 are for `classes:` of a scenario, 255 is reserved."""
