"""FFmpeg's errors in sentences for users, and addresses without their secrets."""

import errno
from urllib.parse import urlsplit

import av
import av.error

from streamer.errors import SourceError

BUSY_ERRNOS = (errno.EBUSY, errno.EADDRINUSE)
GONE_ERRNOS = (errno.ENODEV, errno.ENXIO, errno.EIO)
UNREACHABLE_ERRNOS = (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN)


class PermanentSourceError(SourceError):
    """A source that trying again cannot mend: a protocol that is not built in, no video in it."""


def shown_address(address: str) -> str:
    """`address` as it may be shown to anybody in the room.

    User, password and query (SRT keeps its pass phrase there) are left out, and so is the path
    of RTMP, whose last part is the stream key.
    """
    parts = urlsplit(address)
    host = parts.netloc.rpartition("@")[2]
    path = "" if parts.scheme.startswith("rtmp") else parts.path.rstrip("/")
    return f"{parts.scheme}://{host}{path}"


def explain(error: Exception, name: str, what: str) -> str:
    """Why `what` ("capture device", "file", "address") called `name` gives no pictures."""
    quoted = f"{what} {name!r}"
    code = getattr(error, "errno", None)
    if isinstance(error, av.error.ExitError | av.error.TimeoutError):
        return f"{quoted} does not answer"
    if isinstance(error, av.error.EOFError):
        return f"{quoted} sends nothing"
    if isinstance(error, av.error.ConnectionRefusedError):
        return f"{quoted} refuses the connection: nothing serves there now"
    if isinstance(error, av.error.HTTPUnauthorizedError | av.error.HTTPForbiddenError):
        return f"{quoted} asks for another user name or password"
    if isinstance(error, av.error.HTTPNotFoundError):
        return f"{quoted} does not exist on that server"
    if isinstance(error, av.error.FileNotFoundError):
        return f"{quoted} does not exist"
    if isinstance(error, av.error.PermissionError):
        return f"{quoted} may not be read by this user"
    if isinstance(error, av.error.InvalidDataError):
        return f"{quoted} holds nothing that FFmpeg knows as video; give an mp4 or mkv"
    if code in BUSY_ERRNOS:
        return f"{quoted} is in use by another program"
    if code in GONE_ERRNOS:
        return f"{quoted} was unplugged or lost its signal"
    if code in UNREACHABLE_ERRNOS:
        return f"{quoted} cannot be reached on the network"
    if isinstance(error, av.error.FFmpegError):
        return f"{quoted} cannot be read: FFmpeg says {error.strerror!r}"
    return f"{quoted} cannot be read: {error}"
