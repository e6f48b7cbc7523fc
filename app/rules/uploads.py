"""S3 («Жеңілдікті растайтын құжаттар»): which files a family may bring: PDF, JPEG and PNG, known by what is in them.

What a file is called, and what a browser says that it is, counts for nothing.
"""

from app.rules.texts import Unfit

MOST = 5_000_000  # bytes
TYPES = {"pdf": "application/pdf", "jpeg": "image/jpeg", "png": "image/png"}
PNG = b"\x89PNG\r\n\x1a\n"


def kind_of(content: bytes) -> str:
    """One of TYPES. Raises Unfit: file_large, file_kind (another one, or cut off)."""
    if len(content) > MOST:
        raise Unfit("file_large", most=MOST // 1_000_000)
    end = content.rstrip(b"\0\r\n ")
    if content.startswith(b"%PDF-") and b"%%EOF" in end[-1024:]:
        return "pdf"
    if content.startswith(b"\xff\xd8\xff") and end.endswith(b"\xff\xd9"):
        return "jpeg"
    if content.startswith(PNG) and content[12:16] == b"IHDR" and b"IEND" in end[-16:]:
        return "png"
    raise Unfit("file_kind")
