"""The few error classes that users meet; each message quotes the value and says what to do."""


class TheatronError(Exception):
    """A user's mistake or a broken input, said in a sentence; the command line prints it and exits.

    The message quotes the bad value, says what was expected and what to do next.
    """

    exit_code = 1


class SourceError(TheatronError):
    """A video source that cannot be opened, read, or split as its layout says."""

    exit_code = 3


class AnatomyError(TheatronError):
    """A CT series or mesh file that cannot be turned into anatomy."""

    exit_code = 4


class ServerError(TheatronError):
    """The server cannot start: port in use, certificate unreadable, pages not built."""

    exit_code = 5


class AccessError(TheatronError):
    """A token that is missing, forged, expired or not allowed to do what was asked."""

    exit_code = 6


class MessageError(TheatronError):
    """A message from a page that does not parse, is too large, too frequent or not allowed."""

    exit_code = 7


class EncoderError(TheatronError):
    """An encoder that cannot be opened or fails."""

    exit_code = 8
