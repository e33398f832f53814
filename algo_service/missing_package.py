"""What to do where an algorithm imports a package that is not there."""

from __future__ import annotations

import importlib.util

# Packages that are installed by another name than the one that is imported.
_INSTALLED_AS = {
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python",
    "dateutil": "python-dateutil",
    "sklearn": "scikit-learn",
    "talib": "TA-Lib",
    "yaml": "PyYAML",
}
# Those that the extra `backtest` brings (pyproject.toml), which an image can be built with.
_OF_BACKTEST = {"empyrical", "numpy", "pandas", "plotly", "pyarrow", "scipy", "sqlalchemy"}


def package_advice(error: BaseException) -> str:
    """Return how to get the package that an import lacks, as the end of a sentence.

    :return: `: numpy is not installed in this environment: ...`; empty for any other error, and
        for a module that a package which is installed lacks.
    """
    if not isinstance(error, ModuleNotFoundError) or not error.name:
        return ""
    package = error.name.partition(".")[0]
    try:
        if importlib.util.find_spec(package) is not None:
            return ""
    except ValueError:  # a module that has no spec is there
        return ""
    name = _INSTALLED_AS.get(package, package)
    advice = f": {package} is not installed in this environment: pip install {name}"
    if package.lower() in _OF_BACKTEST:
        return f"{advice}; in compose: EXTRAS=backtest docker compose up --build"
    return f"{advice}, or put {package}.py beside the algorithm if it is a file of your own"
