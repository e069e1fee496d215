"""Where thousands of tiny HDF5 groups and datasets keep what they hold, found at once.

Opening a dataset costs HDF5 some ten microseconds, whatever its size; a digitStruct.mat
has three million of one number each. Their object headers are a few fixed messages,
which numpy reads for all of them together. What is not of the plain form that MATLAB
writes is marked as unknown, for HDF5's own functions to read.

Source: HDF5 File Format Specification 3.0, III.A.1 (B-trees), III.B (symbol tables),
III.D (local heaps), IV.A.1.a (version 1 object headers) and IV.A.2 (messages).
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

UNKNOWN, FLOAT64, UINT16, REFERENCE = range(4)
ITEMSIZE = np.array([0, 8, 2, 8])  # bytes of one element of each kind
MAX_MESSAGES = 16  # of one object header; MATLAB writes seven or fewer

_NOTHING, _DATASPACE, _DATATYPE, _OLD_FILL, _FILL, _LAYOUT = 0, 1, 3, 4, 5, 8
_ATTRIBUTE, _CONTINUATION, _SYMBOLS, _TIME = 12, 16, 17, 18
_IN_DATASETS = (_NOTHING, _DATASPACE, _DATATYPE, _OLD_FILL, _FILL, _LAYOUT)
_IN_DATASETS += (_ATTRIBUTE, _TIME)
_IN_GROUPS = (_NOTHING, _ATTRIBUTE, _CONTINUATION, _SYMBOLS, _TIME)
_COMPACT, _CONTIGUOUS = 0, 1

# Beginnings of a B-tree's only node, with one child, of a local heap, and of a symbol
# table node, which has eight bytes and then an entry of 40 for each member.
_TREE, _HEAP, _NODE = 0x0001_00_00_45455254, 0x00000000_50414548, 0x0001_444F4E53

# Datatype messages of little-endian elements, in words of 8 bytes.
_TYPES = {
    FLOAT64: (0x00000008_003F2011, 0x34000B34_00400000, 0x00000000_000003FF),
    UINT16: (0x00000002_00000010,),
    REFERENCE: (0x00000008_00000017,),
}


class Found(NamedTuple):
    """What each header says: int64 arrays of the headers' shape."""

    kind: np.ndarray  # UNKNOWN, FLOAT64, UINT16 or REFERENCE
    count: np.ndarray  # of elements
    offset: np.ndarray  # of the first element in the file


def find_datasets(raw: np.ndarray, headers: np.ndarray, base: int) -> Found:
    """Read the object headers of many small datasets.

    ``raw`` are the bytes of the file, uint8; ``headers`` addresses, int64 of any shape,
    as references hold them; ``base`` the place that addresses count from: the size of
    the userblock.

    Kind is UNKNOWN wherever a header is not of the plain form, contradicts itself, or
    lies, or has its values, beyond the end of the file.
    """
    headers, shape = headers.ravel(), headers.shape
    kind, count, offset, stored = np.zeros((4, len(headers)), np.int64)
    count -= 1
    plain = np.ones(len(headers), bool)
    for rows, message, body in _messages(raw, headers, base, _IN_DATASETS, plain):
        here = message == _DATASPACE
        count[rows[here]] = _dataspace(raw, body[here])
        here = message == _DATATYPE
        kind[rows[here]] = _datatype(raw, body[here])
        here = message == _LAYOUT
        offset[rows[here]], stored[rows[here]] = _layout(raw, body[here], base)
    fits = (count >= 0) & (offset > 0) & (stored == count * ITEMSIZE[kind])
    fits &= offset <= len(raw) - np.minimum(count, len(raw)) * ITEMSIZE[kind]
    kind = np.where(plain & fits, kind, UNKNOWN)
    return Found(*(part.reshape(shape) for part in (kind, count, offset)))


def find_members(
    raw: np.ndarray, headers: np.ndarray, base: int, names: Sequence[str]
) -> np.ndarray:
    """Read where the members of many small groups have their object headers.

    ``names`` are those of all members of each group, of seven letters at most.
    Addresses are int64 (groups, names); 0 for all members of a group that has others,
    is not of the plain form or reaches beyond the file.
    """
    tables, tree, heap = np.zeros((3, len(headers)), np.int64)
    plain = np.ones(len(headers), bool)
    for rows, message, body in _messages(raw, headers, base, _IN_GROUPS, plain):
        here = message == _SYMBOLS
        tables[rows[here]] += 1
        tree[rows[here]] = _integer(raw, body[here], 8) + base
        heap[rows[here]] = _integer(raw, body[here] + 8, 8) + base
    plain &= (tables == 1) & (tree > base) & (heap > base)
    plain &= (_integer(raw, tree, 8) == _TREE) & (_integer(raw, heap, 8) == _HEAP)
    plain &= (_integer(raw, tree + 8, 8) == -1) & (_integer(raw, tree + 16, 8) == -1)
    node = _integer(raw, tree + 32, 8) + base
    plain &= _integer(raw, node, 8) == _NODE | len(names) << 48
    room, texts = _integer(raw, heap + 8, 8), _integer(raw, heap + 24, 8) + base
    plain &= (room > 0) & (room <= len(raw))

    entry = node[:, None] + 8 + 40 * np.arange(len(names))
    place, address = _integer(raw, entry, 8), _integer(raw, entry + 8, 8)
    plain &= ((place >= 0) & (place <= room[:, None] - 8)).all(axis=1)
    text = _integer(raw, texts[:, None] + np.where(plain[:, None], place, 0), 8)
    words = [int.from_bytes(name.encode(), "little") for name in names]
    found = np.stack([np.where(text == word, address, 0).max(1) for word in words], 1)
    return np.where((plain & (found > 0).all(axis=1))[:, None], found, 0)


def values(raw: np.ndarray, offset: np.ndarray, dtype) -> np.ndarray:
    """The element of ``dtype`` at each of many places in the bytes ``raw``."""
    places = offset[..., None] + np.arange(np.dtype(dtype).itemsize)
    return raw[places].view(dtype)[..., 0]


def element_offsets(first: np.ndarray, count: np.ndarray, itemsize: int) -> np.ndarray:
    """The place of every element of datasets: int64 (sum of ``count``, K).

    ``first`` is int64 (N, K): K datasets of ``count`` (N,) elements each.
    """
    before = np.cumsum(count) - count
    place = np.arange(count.sum()) - np.repeat(before, count)
    return np.repeat(first, count, axis=0) + itemsize * place[:, None]


def _messages(
    raw, headers, base: int, known: tuple[int, ...], plain: np.ndarray
) -> Iterator[tuple[np.ndarray, ...]]:
    """Yield rows of ``headers`` with type and place of their next message.

    After the last, ``plain`` is False wherever a header is not of version 1, has a
    message that is not ``known`` or is not as long as it says.
    """
    start = headers + base
    plain &= (start >= base) & (start + 16 <= len(raw))
    plain &= _integer(raw, start, 1) == 1
    messages = np.where(plain, _integer(raw, start + 2, 2), 0)
    further, length = np.zeros((2, len(start)), np.int64)
    at = start + 16
    end = np.minimum(at + _integer(raw, start + 8, 4), len(raw))
    for _ in range(MAX_MESSAGES):
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
        yield rows, message, body
    plain &= (at == end) & (messages == 0) & (further == 0)


def _integer(raw: np.ndarray, at: np.ndarray, size: int) -> np.ndarray:
    """Unsigned integers of ``size`` bytes; 0 where they lie outside the file.

    Those of 8 bytes that int64 cannot hold come out negative.
    """
    inside = (at >= 0) & (at + size <= len(raw))
    found = values(raw, np.where(inside, at, 0), f"<u{size}").astype(np.int64)
    return np.where(inside, found, 0)


def _dataspace(raw, body) -> np.ndarray:
    """Number of elements, -1 where they have not two dimensions."""
    start = _integer(raw, body, 4)
    rows, columns = (_integer(raw, body + 8 * place, 8) for place in (1, 2))
    plain = (start & 0xFFFF == 0x0201) & (start >> 16 & 0xFF <= 1)
    plain &= (rows >= 0) & (rows < 2**31) & (columns >= 0) & (columns < 2**31)
    return np.where(plain, rows * columns, -1)


def _datatype(raw, body) -> np.ndarray:
    found = [_integer(raw, body + 8 * place, 8) for place in range(3)]
    kind = np.full(len(body), UNKNOWN)
    for number, words in _TYPES.items():
        same = [part == word for part, word in zip(found, words, strict=False)]
        kind[np.all(same, axis=0)] = number
    return kind


def _layout(raw, body, base: int) -> tuple[np.ndarray, np.ndarray]:
    """Place of the values, 0 where they are not in one piece, and their bytes."""
    version, layout = _integer(raw, body, 1), _integer(raw, body + 1, 1)
    address = _integer(raw, body + 2, 8)
    compact = layout == _COMPACT
    place = np.where(compact, body + 4, address + base)
    whole = compact | ((layout == _CONTIGUOUS) & (address > 0))
    size = np.where(compact, _integer(raw, body + 2, 2), _integer(raw, body + 10, 8))
    return np.where((version == 3) & whole, place, 0), size
