"""What the command says when it refuses."""


def one_line(err):
    """It is a single line."""
    assert err.startswith("themes: ") and err.count("\n") == 1, err
    return err
