"""What the person at the keyboard can mend: shown as one message without a traceback, exit code 2."""


class UserError(Exception):
    """The message names what is wrong and the fix."""


class BrokerError(UserError):
    """Kafka cannot be reached or refused what we asked for."""
