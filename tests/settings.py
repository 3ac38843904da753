"""The settings of the app, in an environment of their own: nothing of the developer's shell leaks in."""

import os
import tempfile

VARIABLES = [
    "DEBUG",
    "HTTPS",
    "ALLOWED_HOSTS",
    "CACHE_URL",
    "EMAIL_URL",
    "SUPPORT_URL",
    "LOG_FORMAT",
    "LOG_LEVEL",
    "METRICS_TOKEN",
    "PROMETHEUS_MULTIPROC_DIR",
    "API_REQUESTS_A_MINUTE",
    "SECRET_KEY_FALLBACKS",
]
for name in VARIABLES:
    os.environ.pop(name, None)
os.environ["SECRET_KEY"] = "only-for-tests-0123456789-abcdefghijklmnopqrstuvwxyz"
os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="apikeys-tests-")
os.environ["DATABASE_URL"] = os.environ.get("TEST_DATABASE_URL", "") or f"sqlite:///{os.environ['DATA_DIR']}/db.sqlite3"
os.environ["CACHE_URL"] = os.environ.get("TEST_CACHE_URL", "") or "dbcache://cache"

from config.environment import DATA_DIR  # noqa: E402
from config.settings import *  # noqa: E402
from config.settings import DATABASES, INSTALLED_APPS, STORAGES  # noqa: E402

INSTALLED_APPS += ["django_migration_linter"]  # only here: it is no package of the running app

# A file, not memory: the browser tests and the races use it from several threads and processes.
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["TEST"] = {"NAME": DATA_DIR / "test.sqlite3"}
# The servers of the browser tests would keep their connections open when the test database goes.
DATABASES["default"]["CONN_MAX_AGE"] = 0
# Tests may only use databases that they know of beforehand: this is the one that manage.py restore --ended-in reads.
DATABASES["old"] = DATABASES["default"] | {"TEST": {"MIRROR": "default"}}
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_USE_FINDERS = True
(DATA_DIR / "static").mkdir()
