"""The one error tree: everything a person can do something about.

    CnnLabError             message = what is wrong, hint = what to do about it
    ├── ConfigError         a setting that no run can use (batch size 0, learning rate NaN)
    ├── UnknownNameError    a recipe, preset, run or network that does not exist
    ├── DataError           a data set that is missing, incomplete or damaged
    │   └── PictureError    a picture that cannot be read
    ├── WeightsError        weights that are missing, damaged or of another network
    ├── StorageError        a folder or database that cannot be read or written
    └── RunStateError       an action that the run's status does not allow

Third-party exceptions are translated at the boundary (`raise DataError(...) from exc`). Whatever is
outside this tree is a bug: `cnn_core.ui.boundary` and `cnn_core.cli` log it under an id.
"""


class CnnLabError(Exception):
    """One sentence saying what is wrong, and one saying what to do.

    >>> error = CnnLabError("The folder is empty.", hint="Choose another folder.")
    >>> str(error), error.hint
    ('The folder is empty.', 'Choose another folder.')
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class ConfigError(CnnLabError):
    """A setting that no run can use."""


class UnknownNameError(CnnLabError):
    """A recipe, preset, run or network that does not exist."""


class DataError(CnnLabError):
    """A data set that is missing, incomplete or damaged."""


class PictureError(DataError):
    """A picture that cannot be read."""


class WeightsError(CnnLabError):
    """Weights that are missing, damaged or of another network."""


class StorageError(CnnLabError):
    """A folder or database that cannot be read or written."""


class RunStateError(CnnLabError):
    """An action that the run's status does not allow."""
