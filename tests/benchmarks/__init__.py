"""Measurements, run by `make bench`: each a module that reports, in a scratch database of its own."""

import os

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django

django.setup()
