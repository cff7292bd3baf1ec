"""The ten target codes of LeNet-5's output layer: digits as 7x12 bitmaps, in the style of figure 3.

LeCun, Bottou, Bengio, Haffner 1998, section II.B: a component is -1 (white) or +1 (black), chosen
by hand and kept fixed. The paper prints its bitmaps as a picture only; these are drawn anew, so
pixels differ.
"""

WIDTH, HEIGHT = 7, 12

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
