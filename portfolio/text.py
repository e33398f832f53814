"""Numbers in sentences."""


def cash(amount: float) -> str:
    """Return an amount with two decimals, or, below 1, with six significant digits.

    An amount of bitcoin would often be 0.00 otherwise.
    """
    return f"{amount:.2f}" if abs(amount) >= 1 or not amount else f"{amount:.6g}"
