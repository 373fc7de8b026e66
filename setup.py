"""The packages of both source roots, found; all else stands in pyproject.toml.

The two last ones are folders of files, not of modules: setuptools carries their files as package data.
"""

from setuptools import find_packages, setup

setup(packages=[*find_packages("core"), *find_packages("tui"), "liftlock_tui.themes", "liftlock_tui.examples"])
