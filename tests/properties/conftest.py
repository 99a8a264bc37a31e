"""Property tests: no time limits, for machines are shared and slow at times."""

from hypothesis import settings

settings.register_profile("shared", deadline=None)
settings.load_profile("shared")
