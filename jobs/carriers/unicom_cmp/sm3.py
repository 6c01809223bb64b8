"""SM3, the hash of GB/T 32905: not every OpenSSL has it, so it stands here whole."""

import struct

_START = (0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E)
_WORD = 0xFFFFFFFF
_BLOCK, _LENGTH = 64, 8
# Rounds 0 to 15 mix in one way, 16 to 63 in another.
_EARLY = 16
_CONSTANTS = (0x79CC4519, 0x7A879D8A)


def sm3(message: bytes) -> str:
    """The hash in 64 lower-case hexadecimal digits."""
    zeros = -(len(message) + 1 + _LENGTH) % _BLOCK
    padded = message + b"\x80" + bytes(zeros) + struct.pack(">Q", len(message) * 8)
    state: tuple[int, ...] = _START
    for start in range(0, len(padded), _BLOCK):
        state = _compressed(state, padded[start : start + _BLOCK])
    return "".join(f"{word:08x}" for word in state)


def _compressed(state: tuple[int, ...], block: bytes) -> tuple[int, ...]:
    words = list(struct.unpack(">16I", block))
    for j in range(16, 68):
        mixed = _p1(words[j - 16] ^ words[j - 9] ^ _turned(words[j - 3], 15))
        words.append(mixed ^ _turned(words[j - 13], 7) ^ words[j - 6])
    a, b, c, d, e, f, g, h = state
    for j in range(64):
        early = j < _EARLY
        turned = _turned(a, 12)
        ss1 = _turned((turned + e + _turned(_CONSTANTS[not early], j % 32)) & _WORD, 7)
        ff = a ^ b ^ c if early else a & b | a & c | b & c
        gg = e ^ f ^ g if early else e & f | ~e & g
        tt1 = (ff + d + (ss1 ^ turned) + (words[j] ^ words[j + 4])) & _WORD
        tt2 = (gg + h + ss1 + words[j]) & _WORD
        a, b, c, d = tt1, a, _turned(b, 9), c
        e, f, g, h = _p0(tt2), e, _turned(f, 19), g
    return tuple(old ^ new for old, new in zip(state, (a, b, c, d, e, f, g, h), strict=True))


def _turned(word: int, by: int) -> int:
    return (word << by | word >> (32 - by)) & _WORD


def _p0(word: int) -> int:
    return word ^ _turned(word, 9) ^ _turned(word, 17)


def _p1(word: int) -> int:
    return word ^ _turned(word, 15) ^ _turned(word, 23)
