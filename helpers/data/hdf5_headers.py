"""Where thousands of tiny HDF5 groups and datasets keep what they hold, found at once.

Opening a dataset costs HDF5 some ten microseconds, whatever its size; a digitStruct.mat
has three million of one number each. Their object headers are a few fixed messages,
which numpy reads for all of them together. What is not of the plain form that MATLAB
writes is marked as unknown, for HDF5's own functions to read.

Source: HDF5 File Format Specification 3.0, III.A.1 (B-trees), III.B (symbol tables),
III.D (local heaps), IV.A.1.a (version 1 object headers) and IV.A.2 (messages).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

UNKNOWN, FLOAT64, UINT16, REFERENCE = range(4)
ITEMSIZE = np.array([0, 8, 2, 8])
"""Bytes of one element of each kind."""

_NOTHING, _DATASPACE, _DATATYPE, _OLD_FILL, _FILL, _LAYOUT = 0, 1, 3, 4, 5, 8
_ATTRIBUTE, _CONTINUATION, _SYMBOLS, _TIME = 12, 16, 17, 18
_IN_DATASETS = (
    *(_NOTHING, _DATASPACE, _DATATYPE, _OLD_FILL, _FILL, _LAYOUT),
    *(_ATTRIBUTE, _TIME),
)
_COMPACT, _CONTIGUOUS = 0, 1
_MOST_MESSAGES = 16
_IN_GROUPS = (_NOTHING, _ATTRIBUTE, _CONTINUATION, _SYMBOLS, _TIME)
# Beginnings of a B-tree's only node, with one child, and of a local heap.
_TREE, _HEAP = 0x0001_00_00_45455254, 0x00000000_50414548
_SYMBOL, _ENTRY = 8, 40
"""Bytes before a symbol table node's entries, and of one of them."""

# Datatype messages of little-endian elements, in words of 8 bytes.
_TYPES = {
    FLOAT64: (0x00000008_003F2011, 0x34000B34_00400000, 0x00000000_000003FF),
    UINT16: (0x00000002_00000010,),
    REFERENCE: (0x00000008_00000017,),
}


@dataclass(frozen=True)
class Found:
    """What each header says: int64 arrays of the headers' shape.

    Parameters
    ----------
    kind
        UNKNOWN, FLOAT64, UINT16 or REFERENCE.
    count
        Number of elements.
    offset
        Place of the first element in the file.
    """

    kind: np.ndarray
    count: np.ndarray
    offset: np.ndarray


def find_datasets(raw: np.ndarray, headers: np.ndarray, base: int) -> Found:
    """Read the object headers of many small datasets.

    Parameters
    ----------
    raw
        uint8, the bytes of the file.
    headers
        int64 of any shape, addresses of object headers, as references hold them.
    base
        Place in the file from which addresses count: the size of its userblock.

    Returns
    -------
    Found
        Kind UNKNOWN wherever a header is not of the plain form, contradicts itself,
        or lies, or has its values, beyond the end of the file.
    """
    headers, shape = headers.ravel(), headers.shape
    kind, rank, count, offset, stored = np.zeros((5, len(headers)), np.int64)
    plain = np.ones(len(headers), bool)
    for rows, message, size, body in _messages(raw, headers, base, _IN_DATASETS, plain):
        here = message == _DATASPACE
        rank[rows[here]], count[rows[here]] = _dataspace(raw, body[here])
        here = message == _DATATYPE
        kind[rows[here]] = _datatype(raw, body[here])
        here = message == _LAYOUT
        offset[rows[here]], stored[rows[here]] = _layout(raw, body[here], base)
        here = (message == _FILL) | (message == _OLD_FILL)
        plain[rows[here]] &= _fill(raw, body[here], size[here], message[here])
    fits = (count >= 0) & (offset > 0) & (stored == count * ITEMSIZE[kind])
    fits &= offset <= len(raw) - np.minimum(count, len(raw)) * ITEMSIZE[kind]
    kind = np.where(plain & fits & (rank > 0), kind, UNKNOWN)
    return Found(*(part.reshape(shape) for part in (kind, count, offset)))


def find_members(
    raw: np.ndarray, headers: np.ndarray, base: int, names: Sequence[str]
) -> np.ndarray:
    """Read where the members of many small groups have their object headers.

    Parameters
    ----------
    raw, base
        As for `find_datasets`.
    headers
        int64 (groups,), addresses of the groups' object headers.
    names
        Of all members of each group, of seven letters at most.

    Returns
    -------
    numpy.ndarray
        int64 (groups, names), addresses of object headers; 0 for all members of a
        group that has others, is not of the plain form or reaches beyond the file.
    """
    tree, heap, plain = _symbol_tables(raw, headers, base)
    tree, heap = tree + base, heap + base
    plain &= (_integer(raw, tree, 8) == _TREE) & (_integer(raw, heap, 8) == _HEAP)
    plain &= (_integer(raw, tree + 8, 8) == -1) & (_integer(raw, tree + 16, 8) == -1)
    node = _integer(raw, tree + 32, 8) + base
    first = int.from_bytes(b"SNOD", "little") | 1 << 32 | len(names) << 48
    plain &= _integer(raw, node, 8) == first
    room, texts = _integer(raw, heap + 8, 8), _integer(raw, heap + 24, 8) + base
    plain &= (room > 0) & (room <= len(raw))
    wanted = [int.from_bytes(name.encode(), "little") for name in names]
    found = np.zeros((len(headers), len(names)), np.int64)
    for number in range(len(names)):
        entry = node + _SYMBOL + number * _ENTRY
        place = _integer(raw, entry, 8)
        plain &= (place >= 0) & (place <= room - 8)
        name = _integer(raw, texts + np.where(plain, place, 0), 8)
        for member, word in enumerate(wanted):
            here = name == word
            found[here, member] = _integer(raw, entry[here] + 8, 8)
    return np.where((plain & (found > 0).all(axis=1))[:, None], found, 0)


def _symbol_tables(
    raw, headers, base: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Addresses of each group's B-tree and local heap, and whether all is plain."""
    tables, tree, heap = np.zeros((3, len(headers)), np.int64)
    plain = np.ones(len(headers), bool)
    for rows, message, _, body in _messages(raw, headers, base, _IN_GROUPS, plain):
        here = message == _SYMBOLS
        tables[rows[here]] += 1
        tree[rows[here]] = _integer(raw, body[here], 8)
        heap[rows[here]] = _integer(raw, body[here] + 8, 8)
    return tree, heap, plain & (tables == 1) & (tree > 0) & (heap > 0)


def _messages(
    raw, headers, base: int, known: tuple[int, ...], plain: np.ndarray
) -> Iterator[tuple[np.ndarray, ...]]:
    """Go through the messages of many object headers, one of each at a time.

    Yields rows of ``headers`` with the type, size and place of a message of each. Once
    all are yielded, ``plain`` is False wherever a header is not of version 1, has a
    message that is not ``known`` or is not as long as it says.
    """
    start = headers + base
    plain &= (start >= base) & (start + 16 <= len(raw))
    plain &= _integer(raw, start, 1) == 1
    messages = np.where(plain, _integer(raw, start + 2, 2), 0)
    further, length = np.zeros((2, len(start)), np.int64)
    at = start + 16
    end = np.minimum(at + _integer(raw, start + 8, 4), len(raw))
    for _ in range(_MOST_MESSAGES):
        over = np.flatnonzero((messages > 0) & (at == end) & (further > 0))
        at[over] = further[over]
        end[over] = np.minimum(further[over] + length[over], len(raw))
        further[over] = 0
        rows = np.flatnonzero((messages > 0) & (at + 8 <= end))
        if not len(rows):
            break
        word = _integer(raw, at[rows], 8)
        message, size, flags = word & 0xFFFF, word >> 16 & 0xFFFF, word >> 32
        body = at[rows] + 8
        at[rows] = body + size
        messages[rows] -= 1
        plain[rows] &= (flags >= 0) & (flags <= 1) & (size % 8 == 0)
        plain[rows] &= np.isin(message, known)
        here = message == _CONTINUATION
        plain[rows[here]] &= further[rows[here]] == 0
        further[rows[here]] = _integer(raw, body[here], 8) + base
        length[rows[here]] = _integer(raw, body[here] + 8, 8)
        yield rows, message, size, body
    plain &= (at == end) & (messages == 0) & (further == 0)


def values(raw: np.ndarray, offset: np.ndarray, dtype) -> np.ndarray:
    """The element of ``dtype`` at each ``offset`` of the bytes ``raw``."""
    size = np.dtype(dtype).itemsize
    return raw[offset[:, None] + np.arange(size)].view(dtype).reshape(len(offset))


def runs(offset: np.ndarray, count: np.ndarray, itemsize: int) -> np.ndarray:
    """The place of every element of datasets, one after the other."""
    before = np.cumsum(count) - count
    place = np.arange(count.sum()) - np.repeat(before, count)
    return np.repeat(offset, count) + place * itemsize


def _integer(raw: np.ndarray, at: np.ndarray, size: int) -> np.ndarray:
    """Unsigned integers of ``size`` bytes; 0 where they lie outside the file.

    Those of 8 bytes that int64 cannot hold come out negative.
    """
    inside = (at >= 0) & (at + size <= len(raw))
    found = values(raw, np.where(inside, at, 0), f"<u{size}").astype(np.int64)
    return np.where(inside, found, 0)


def _dataspace(raw, body) -> tuple[np.ndarray, np.ndarray]:
    """Rank and number of elements; rank 0 where it is not plain."""
    start = _integer(raw, body, 8)
    rank, largest = start >> 8 & 0xFF, start >> 16 & 0xFF
    plain = (start & 0xFF == 1) & (rank >= 1) & (rank <= 2) & (largest <= 1)
    count = np.ones(len(body), np.int64)
    for axis in range(2):
        size = _integer(raw, body + 8 * (1 + axis), 8)
        most = _integer(raw, body + 8 * (1 + axis + rank), 8)
        good = (size >= 0) & (size < 2**31)
        good &= (largest == 0) | (size <= most) | (most == -1)  # -1 is without limit
        plain &= good | (axis >= rank)
        count *= np.where(axis < rank, size, 1)
    return np.where(plain, rank, 0), count


def _datatype(raw, body) -> np.ndarray:
    found = [_integer(raw, body + 8 * place, 8) for place in range(3)]
    kind = np.full(len(body), UNKNOWN)
    for number, words in _TYPES.items():
        same = [part == word for part, word in zip(found, words, strict=False)]
        kind[np.all(same, axis=0)] = number
    return kind


def _fill(raw, body, size, message) -> np.ndarray:
    """Whether a message of a fill value, which is never needed here, is sound."""
    old = message == _OLD_FILL
    start = _integer(raw, body, 8)
    length = np.where(old, start & 0xFFFFFFFF, start >> 32)
    defined = old | (start >> 24 & 0xFF == 1)
    sound = ~defined | ((length >= 0) & (length + np.where(old, 4, 8) <= size))
    return sound & (old | (start & 0xFF == 2))


def _layout(raw, body, base: int) -> tuple[np.ndarray, np.ndarray]:
    """Place of the values, 0 where they are not in one piece, and their bytes."""
    version, layout = _integer(raw, body, 1), _integer(raw, body + 1, 1)
    address = _integer(raw, body + 2, 8)
    compact = layout == _COMPACT
    place = np.where(compact, body + 4, address + base)
    whole = compact | ((layout == _CONTIGUOUS) & (address > 0))
    size = np.where(compact, _integer(raw, body + 2, 2), _integer(raw, body + 10, 8))
    return np.where((version == 3) & whole, place, 0), size
