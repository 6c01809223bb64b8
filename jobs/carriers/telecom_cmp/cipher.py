"""The cipher of China Telecom's older platform: DES block by block over UTF-16, with one table of its own, key after key.

It is DES as FIPS 46-3 has it but for the choice of key bits (PC-1), whose right half is the carrier's own. It hides
little; it is what the carrier asks for, and the line to it is what protects.
"""

from collections.abc import Sequence
from functools import cache

_PC1 = (
    *(57, 49, 41, 33, 25, 17, 9, 1, 58, 50, 42, 34, 26, 18, 10, 2, 59, 51, 43, 35, 27, 19, 11, 3, 60, 52, 44, 36),
    *(28, 20, 12, 4, 61, 53, 45, 37, 29, 21, 13, 5, 62, 54, 46, 38, 30, 22, 14, 6, 63, 55, 47, 39, 31, 23, 15, 7),
)
_PC2 = (
    *(14, 17, 11, 24, 1, 5, 3, 28, 15, 6, 21, 10, 23, 19, 12, 4, 26, 8, 16, 7, 27, 20, 13, 2),
    *(41, 52, 31, 37, 47, 55, 30, 40, 51, 45, 33, 48, 44, 49, 39, 56, 34, 53, 46, 42, 50, 36, 29, 32),
)
_SHIFTS = (1, 1, 2, 2, 2, 2, 2, 2, 1, 2, 2, 2, 2, 2, 2, 1)
_P = (
    *(16, 7, 20, 21, 29, 12, 28, 17, 1, 15, 23, 26, 5, 18, 31, 10),
    *(2, 8, 24, 14, 32, 27, 3, 9, 19, 13, 30, 6, 22, 11, 4, 25),
)
_IP = tuple(start - 8 * step for start in (58, 60, 62, 64, 57, 59, 61, 63) for step in range(8))
_FP = tuple(_IP.index(bit) + 1 for bit in range(1, 65))
_E = tuple((4 * group + bit - 1) % 32 + 1 for group in range(8) for bit in range(6))
# Four rows of sixteen each; the outer two bits name the row, the inner four the column.
_S = (
    "E4D12FB83A6C59070F74E2D1A6CB953841E8D62BFC973A50FC8249175B3EA06D",
    "F18E6B34972DC05A3D47F28EC01A69B50E7BA4D158C6932FD8A13F42B67C05E9",
    "A09E63F51DC7B428D709346A285ECBF1D6498F30B12C5AE71AD069874FE3B52C",
    "7DE3069A1285BC4FD8B56F03472C1AE9A690CB7DF13E52843F06A1D8945BC72E",
    "2C417AB6853FD0E9EB2C47D150FA3986421BAD78F9C5630EB8C71E2D6F09A453",
    "C1AF92680D34E75BAF427C9561DE0B389EF528C3704A1DB6432C95FABE17608D",
    "4B2EF08D3C975A61D0B7491AE35C2F8614BDC37EAF6805926BD814A7950FE23C",
    "D2846FB1A93E50C71FD8A374C56B0E927B419CE206ADF35821E74A8DFC90356B",
)
_BLOCK = 64


def encrypted(text: str, *keys: str) -> str:
    """The text in upper-case hexadecimal digits, 16 for every four UTF-16 units; '' for ''. Empty keys are left out."""
    pieces = [piece for key in keys for piece in _blocks(key)]
    return "".join(f"{_through(block, pieces):016X}" for block in _blocks(text))


def decrypted(digits: str, *keys: str) -> str:
    """What `encrypted` was given, without zero units at its end. Raises ValueError where this cannot be such a text."""
    pieces = [piece for key in keys for piece in _blocks(key)]
    if len(digits) % 16:
        raise ValueError("not whole blocks")
    blocks = [int(digits[start : start + 16], 16) for start in range(0, len(digits), 16)]
    packed = b"".join(_back(block, pieces).to_bytes(8, "big") for block in blocks)
    return packed.decode("utf-16-be").rstrip("\0")


def _blocks(text: str) -> list[int]:
    """Four UTF-16 units each, zeros behind the last."""
    packed = text.encode("utf-16-be")
    return [int.from_bytes(packed[start : start + 8].ljust(8, b"\0"), "big") for start in range(0, len(packed), 8)]


def _through(block: int, pieces: Sequence[int]) -> int:
    for piece in pieces:
        block = _des(block, _rounds(piece))
    return block


def _back(block: int, pieces: Sequence[int]) -> int:
    for piece in reversed(pieces):
        block = _des(block, _rounds(piece)[::-1])
    return block


def _des(block: int, rounds: Sequence[int]) -> int:
    whole = _picked(block, _BLOCK, _IP)
    left, right = whole >> 32, whole & 0xFFFFFFFF
    for key in rounds:
        left, right = right, left ^ _mixed(right, key)
    return _picked(right << 32 | left, _BLOCK, _FP)


def _mixed(half: int, key: int) -> int:
    wide = _picked(half, 32, _E) ^ key
    found = 0
    for number, box in enumerate(_S):
        six = wide >> (42 - 6 * number) & 0x3F
        row, column = six >> 4 & 2 | six & 1, six >> 1 & 0xF
        found = found << 4 | int(box[16 * row + column], 16)
    return _picked(found, 32, _P)


@cache
def _rounds(piece: int) -> tuple[int, ...]:
    """The sixteen round keys of four UTF-16 units."""
    chosen = _picked(piece, _BLOCK, _PC1)
    left, right = chosen >> 28, chosen & 0xFFFFFFF
    keys = []
    for shift in _SHIFTS:
        left, right = _turned(left, shift), _turned(right, shift)
        keys.append(_picked(left << 28 | right, 56, _PC2))
    return tuple(keys)


def _turned(half: int, shift: int) -> int:
    return (half << shift | half >> (28 - shift)) & 0xFFFFFFF


def _picked(value: int, size: int, places: Sequence[int]) -> int:
    """The bits of `value` at these places, which count from 1 on the left."""
    found = 0
    for place in places:
        found = found << 1 | value >> (size - place) & 1
    return found
