"""The digit lab's sheet in the browser: draw on it, wait for it, read it."""

from playwright.sync_api import expect


def shown(lab):
    return lab.evaluate("element => element.reading")


def draw(page, *points):
    """Draw one stroke with the mouse; points in shares of the sheet."""
    box = page.locator("[data-part=sheet]").bounding_box()
    spots = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*spots[0])
    page.mouse.down()
    for spot in spots[1:]:
        page.mouse.move(*spot, steps=8)
    page.mouse.up()


def settled(lab):
    """The reading after the next two frames."""
    lab.evaluate(
        "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )
    return lab.get_attribute("data-probabilities")


def open_lab(page, url):
    page.goto(url)
    lab = page.locator(".lab[data-probabilities]")
    expect(lab).to_be_visible()
    page.wait_for_timeout(300)  # the first sizes are known, the first frame is drawn
    return lab
