"""The hot modules of `streams/` and `agents/`, compiled from their own source: the same code, faster.

A build option: what is built is a copy of the packages to put before the checkout on the path of modules.
"""
