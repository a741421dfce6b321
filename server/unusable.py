"""Without this class a mistake at the command line would end in a traceback."""


class Unusable(Exception):
    """The command cannot be carried out as it was given; the message says why and what to do.

    The command line prints it and exits with status 2.
    """
