"""Which pages the app has: one row each.

A page's slug is its file's name in `pages/` and its path in the URL. Both must stay equal: the
first session of a fresh server finds a page by its file's name, every later one by its URL path.
The page `DEFAULT_SLUG` is served at the root, `/`.
"""

from dataclasses import dataclass
from pathlib import Path

APP_TITLE = "CNN Lab"
DEFAULT_SLUG = "home"
PAGES_FOLDER = Path(__file__).resolve().parents[2] / "pages"


@dataclass(frozen=True, kw_only=True)
class PageRow:
    """One page, as the navigation and Home's doors show it.

    Attributes:
        slug: the file's name in `pages/` without `.py`, and the URL path.
        title: as the navigation, the browser's tab and the door say it.
        icon: a Material icon, `:material/name:`.
        section: heading in the navigation; empty for a page above all sections.
        description: one line on what a person does there; the text of Home's door.
        needs_torch: whether torch is imported when the page is opened (never before).
        recipe: the id of the recipe that it trains, or of the experiment that it runs; "" if none.
        also: of further ones, whose runs open there too.
    """

    slug: str
    title: str
    icon: str
    section: str
    description: str
    needs_torch: bool = False
    recipe: str = ""
    also: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        """The page's file, absolute.

        >>> find_page("runs").path.name
        'runs.py'
        """
        return PAGES_FOLDER / f"{self.slug}.py"

    @property
    def url_path(self) -> str:
        """Where the page is served, relative to the app's root.

        >>> find_page("lenet5").url_path, find_page("home").url_path
        ('lenet5', '')
        """
        return "" if self.slug == DEFAULT_SLUG else self.slug


PAGES: tuple[PageRow, ...] = (
    PageRow(
        slug=DEFAULT_SLUG,
        title="Home",
        icon=":material/home:",
        section="",
        description="Draw a digit and watch a LeNet-5 read it.",
    ),
    PageRow(
        slug="convolutions",
        title="Why convolutions?",
        icon=":material/grid_view:",
        section="Ideas",
        description="A CNN against fully connected networks of its size: shifts, shuffled pixels.",
        recipe="convolutions",
    ),
    PageRow(
        slug="lenet_1998",
        title="LeNet-5, 1998",
        icon=":material/history_edu:",
        section="Ideas",
        description="Change one part of the network of 1998 at a time; see what it is worth.",
        recipe="lenet-1998",
    ),
    PageRow(
        slug="alexnet_vgg",
        title="AlexNet or VGG?",
        icon=":material/balance:",
        section="Ideas",
        description="Two 3x3 kernels against one 5x5; both networks by layer, and what they cost.",
        recipe="stacked-kernels",
        also=("network-costs",),
    ),
    PageRow(
        slug="little_data",
        title="Little data",
        icon=":material/eco:",
        section="Ideas",
        description="Learn from a few pictures a class: pretrained, fine-tuned or from scratch.",
        recipe="little-data",
    ),
    PageRow(
        slug="residual",
        title="Residual connections",
        icon=":material/alt_route:",
        section="Ideas",
        description="Does the gradient arrive? Do shortcuts help a deep network fit? Measure both.",
        recipe="residual",
    ),
    PageRow(
        slug="lenet5",
        title="LeNet-5 · MNIST",
        icon=":material/model_training:",
        section="Train",
        description="Train LeNet-5 on handwritten digits and watch it learn, live.",
        recipe="lenet5-mnist",
    ),
    PageRow(
        slug="googlenet",
        title="GoogLeNet · CIFAR-10",
        icon=":material/account_tree:",
        section="Train",
        description="Train GoogLeNet on small photographs, from scratch or from ImageNet.",
        recipe="googlenet-cifar10",
    ),
    PageRow(
        slug="own_pictures",
        title="VGG-16 · your pictures",
        icon=":material/add_photo_alternate:",
        section="Train",
        description="Bring a folder of pictures, mend it, train a network on it and take it home.",
        recipe="vgg16-folder",
    ),
    PageRow(
        slug="xray",
        title="Chest X-ray study",
        icon=":material/radiology:",
        section="Train",
        description="Train a chest X-ray model, and see whether its own score is real.",
        recipe="xray-triage",
    ),
    PageRow(
        slug="inspector",
        title="Inspector",
        icon=":material/biotech:",
        section="Look inside",
        description="Open a network: its filters, and what it finds in your own picture.",
        needs_torch=True,
    ),
    PageRow(
        slug="lenet_explorer",
        title="LeNet-5 explorer",
        icon=":material/layers:",
        section="Look inside",
        description="Follow a digit that you draw through the seven layers, 1998's or today's.",
    ),
    PageRow(
        slug="triage",
        title="X-ray triage",
        icon=":material/fact_check:",
        section="Triage",
        description="Drop chest films and see them sorted, with reasons, refusals and a report.",
    ),
    PageRow(
        slug="monitoring",
        title="Monitoring",
        icon=":material/monitor_heart:",
        section="Triage",
        description="See what triage decided here, and how one notices that it stops working.",
    ),
    PageRow(
        slug="curves",
        title="Curves",
        icon=":material/ssid_chart:",
        section="Work",
        description="Read the curves of any run: whether it fits, and what would change it.",
    ),
    PageRow(
        slug="runs",
        title="Runs",
        icon=":material/stacked_line_chart:",
        section="Work",
        description="Compare, continue, download or delete what was trained here.",
    ),
)


def find_page(slug: str) -> PageRow:
    """Return the row of a page.

    Raises:
        KeyError: no page has this slug.

    >>> find_page("lenet5").title
    'LeNet-5 · MNIST'
    """
    for row in PAGES:
        if row.slug == slug:
            return row
    raise KeyError(f"no page {slug!r}; pages are {', '.join(row.slug for row in PAGES)}")


def page_of_recipe(recipe: str) -> PageRow:
    """Return the row of the page that trains a recipe, or runs an experiment.

    Raises:
        KeyError: no page trains it.

    >>> page_of_recipe("lenet5-mnist").slug
    'lenet5'
    """
    for row in PAGES:
        if recipe and recipe in (row.recipe, *row.also):
            return row
    raise KeyError(f"no page trains {recipe!r}")


def sections() -> dict[str, list[PageRow]]:
    """Return the rows by section, both in the order of the catalog.

    >>> list(sections())
    ['', 'Ideas', 'Train', 'Look inside', 'Triage', 'Work']
    """
    grouped: dict[str, list[PageRow]] = {}
    for row in PAGES:
        grouped.setdefault(row.section, []).append(row)
    return grouped
