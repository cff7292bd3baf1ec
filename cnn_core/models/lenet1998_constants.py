"""What was chosen by hand for LeNet-5 in 1998: pixel levels, squashing, table I, output codes.

LeCun, Bottou, Bengio, Haffner 1998, "Gradient-based learning applied to document recognition",
Proc. IEEE 86(11), 2278-2324. Imported without torch.

A component of an output code is -1 (white) or +1 (black) of a 7x12 bitmap (section II.B). The paper
prints the bitmaps as a picture only (figure 3); these are drawn anew, in its style: pixels differ.
"""

BACKGROUND, FOREGROUND = -0.1, 1.175  # section II.B: what white and black of the paper become
PADDING = 2  # a picture of 28x28 becomes the input of 32x32
AMPLITUDE, SLOPE = 1.7159, 2 / 3  # Eq. (6), appendix A
CODE_WIDTH = 7  # pixels of an output code, of 84 in all

# Table I: the maps of S2 that each map of C3 sees.
C3_TABLE = (
    *((0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (0, 4, 5), (0, 1, 5)),
    *((0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5), (0, 3, 4, 5), (0, 1, 4, 5), (0, 1, 2, 5)),
    *((0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5)),
    (0, 1, 2, 3, 4, 5),
)

_ZERO_TO_FOUR = """
..###..  ...#...  .#####.  .#####.  .....#.
.#...#.  ..##...  #.....#  #.....#  ....##.
#.....#  .#.#...  ......#  ......#  ...#.#.
#.....#  ...#...  ......#  ......#  ...#.#.
#.....#  ...#...  .....#.  .....#.  ..#..#.
#.....#  ...#...  ....#..  ..###..  ..#..#.
#.....#  ...#...  ...#...  .....#.  .#...#.
#.....#  ...#...  ..#....  ......#  #....#.
#.....#  ...#...  .#.....  ......#  #######
#.....#  ...#...  #......  ......#  .....#.
.#...#.  ...#...  #......  #.....#  .....#.
..###..  .#####.  #######  .#####.  .....#.
"""
_FIVE_TO_NINE = """
#######  ..####.  #######  .#####.  .#####.
#......  .#.....  #.....#  #.....#  #.....#
#......  #......  ......#  #.....#  #.....#
#......  #......  .....#.  #.....#  #.....#
######.  #......  .....#.  .#...#.  #.....#
......#  #.####.  ....#..  ..###..  #....##
......#  ##....#  ....#..  .#...#.  .####.#
......#  #.....#  ...#...  #.....#  ......#
......#  #.....#  ...#...  #.....#  ......#
......#  #.....#  ..#....  #.....#  ......#
#.....#  #.....#  ..#....  #.....#  .....#.
.#####.  .#####.  ..#....  .#####.  .####..
"""


def digit_codes() -> tuple[tuple[float, ...], ...]:
    """Return the codes of 0 to 9, each of 84 numbers, -1 or +1: the bitmap row by row.

    >>> codes = digit_codes()
    >>> len(codes), {len(code) for code in codes}
    (10, {84})
    """
    bitmaps: list[list[str]] = []
    for block in (_ZERO_TO_FOUR, _FIVE_TO_NINE):
        rows = [line.split() for line in block.split("\n") if line]
        bitmaps += [list(bitmap) for bitmap in zip(*rows, strict=True)]
    return tuple(
        tuple(1.0 if pixel == "#" else -1.0 for pixel in "".join(bitmap)) for bitmap in bitmaps
    )
