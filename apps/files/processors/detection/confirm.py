"""Second looks at heads whose magic alone is too weak a sign.

Every function is given the head and never raises, however short it is: slices instead of indexes.
"""

import re

_OCTAL = re.compile(rb"[ 0]*[0-7]+[ \x00]*")
_PRINTABLE = bytes({*range(0x20, 0x7F), *range(0x80, 0x100), *b"\t\n\v\f\r\x08\x1a\x1b"})

BMP_HEADER_BYTES = {12, 40, 52, 56, 64, 108, 124}
TRANSPORT_PACKET_BYTES = 188
#: Kilobits a second by the index in a frame's header: MPEG 1 layer 3, MPEG 2 and 2.5 layer 3.
MP3_BITRATES = (
    (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
)
#: Samples a second by the two bits of the version and by the index.
MP3_SAMPLE_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


def number(head: bytes, start: int, length: int = 4, *, big: bool = False) -> int:
    """The unsigned integer at `start`; what lies behind the end counts as nothing."""
    return int.from_bytes(head[start : start + length], "big" if big else "little")


def share_of_controls(head: bytes) -> float:
    """How much of it no text is made of: control characters but white space, backspace, escape."""
    return len(head.translate(None, _PRINTABLE)) / len(head) if head else 0.0


def is_binary(head: bytes) -> bool:
    return share_of_controls(head) > 0.02


def is_riff(head: bytes) -> bool:
    return head.startswith(b"RIFF")


def is_iff(head: bytes) -> bool:
    return head.startswith(b"FORM")


def is_box(head: bytes) -> bool:
    """An ISO media box begins with its length, which does not look like text."""
    return bool(head[:4].translate(None, _PRINTABLE))


def is_bmp(head: bytes) -> bool:
    return number(head, 14) in BMP_HEADER_BYTES and 14 < number(head, 10) < 1 << 20


def is_icon(head: bytes) -> bool:
    """At least one picture whose entry is well-formed."""
    return 0 < number(head, 4, 2) < 1024 and head[9:10] in {b"\x00", b"\xff"} and number(head, 18) >= 22


def is_flac(head: bytes) -> bool:
    return head[4:5] in {b"\x00", b"\x80"}


def is_id3(head: bytes) -> bool:
    return len(head) >= 10 and head[3] < 0x10 and all(byte < 0x80 for byte in head[6:10])


def is_bzip2(head: bytes) -> bool:
    return head[3:4].isdigit() and head[4:10] in {b"1AY&SY", b"\x17\x72\x45\x38\x50\x90"}


def is_java_class(head: bytes) -> bool:
    """Fat Mach-O files share the magic; they say how many programs they hold where a class has its version."""
    return number(head, 6, 2, big=True) >= 45


def is_truetype(head: bytes) -> bool:
    return 0 < head[5:6][0] < 64 if len(head) > 11 else False


def is_tar(head: bytes) -> bool:
    """By the checksum in its header, as old archives carry no magic."""
    if len(head) < 512 or not head[0] or not _OCTAL.fullmatch(head[148:156]):
        return False
    return int(head[148:156].strip(b" \x00"), 8) == sum(head[:148]) + 8 * 0x20 + sum(head[156:512])


def is_transport_stream(head: bytes) -> bool:
    """Every 188th byte is the same, in at least three packets."""
    marks = head[: 8 * TRANSPORT_PACKET_BYTES : TRANSPORT_PACKET_BYTES]
    return len(marks) >= 3 and set(marks) == {ord("G")} and is_binary(head)


def is_mpeg_audio(head: bytes) -> bool:
    """A layer 3 frame, and another one where the first ends. Legacy Cyrillic text can look like a single one."""
    length = _mp3_frame_bytes(head[:4])
    if not length:
        return False
    return is_binary(head) if len(head) < length + 4 else bool(_mp3_frame_bytes(head[length : length + 4]))


def _mp3_frame_bytes(header: bytes) -> int:
    """0 where this is no header of an MPEG layer 3 frame."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE6 != 0xE2:
        return 0
    version, padding = header[1] >> 3 & 3, header[2] >> 1 & 1
    bitrate, rate = header[2] >> 4, header[2] >> 2 & 3
    if version == 1 or bitrate in {0, 15} or rate == 3:
        return 0
    is_first = version == 3
    kilobits = MP3_BITRATES[0 if is_first else 1][bitrate]
    return (144 if is_first else 72) * kilobits * 1000 // MP3_SAMPLE_RATES[version][rate] + padding


def is_adts(head: bytes) -> bool:
    """An AAC frame, and another one where the first ends."""
    length = (number(head, 3, 3, big=True) >> 5) & 0x1FFF
    if length <= 7 or not _is_adts_header(head):
        return False
    return is_binary(head) if len(head) < length + 2 else _is_adts_header(head[length:])


def _is_adts_header(frame: bytes) -> bool:
    return len(frame) >= 2 and frame[0] == 0xFF and frame[1] & 0xF6 == 0xF0
