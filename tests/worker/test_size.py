import pytest

from worker.size import parse_size


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1MiB", 2**20),
        ("512KiB", 2**19),
        ("2GiB", 2**31),
        ("1024", 1024),
        ("7B", 7),
        ("0", 0),
        (" 1 mib ", 2**20),
    ],
)
def test_sizes_are_read_as_people_write_them(text, size):
    """A whole number and a binary unit are a size, and without a unit it is in bytes."""
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "text", ["", "MiB", "-1", "1.5MiB", "1MB", "1M", "1 k", "٣", "0x10", "1e6"]
)
def test_anything_else_is_refused_with_an_example(text):
    """What is not a size is refused in words that quote it and show how one looks."""
    with pytest.raises(ValueError, match="is not a size such as 1MiB") as caught:
        parse_size(text)
    assert repr(text) in str(caught.value)
