"""Settings. The environment decides; README.md lists every variable."""

from csp.constants import NONE, SELF

from config.environment import BASE_DIR, DATA_DIR, choice, env, read, switch, wrong
from config.static import add_policy

SECRET_KEY = read("SECRET_KEY", env.str)
SECRET_KEY_FALLBACKS = read("SECRET_KEY_FALLBACKS", env.list, default=[])
DEBUG = switch("DEBUG", default=False)
HTTPS = switch("HTTPS", default=False)
ALLOWED_HOSTS = read("ALLOWED_HOSTS", env.list, default=["127.0.0.1", "localhost", "[::1]"])
SUPPORT_URL = read("SUPPORT_URL", env.str, default="")
METRICS_TOKEN = read("METRICS_TOKEN", env.str, default="")
if METRICS_TOKEN and len(METRICS_TOKEN) < 32:
    raise wrong("METRICS_TOKEN", "must have 32 characters or more")

INSTALLED_APPS = [
    "apikeys",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "config.static.StaticFiles",
    "allauth",
    "allauth.account",
    "csp",
    "django_htmx",
    "heroicons",
    "ninja",
]

MIDDLEWARE = [
    "csp.middleware.CSPMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "apikeys.probes.Probes",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "apikeys.middleware.Timed",
    "apikeys.middleware.PrintableCookies",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "apikeys.middleware.SessionLimits",
    "apikeys.middleware.StaffMistakes",
    "apikeys.middleware.MachineAnswers",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    ["config.templates.Loader", "django.template.loaders.app_directories.Loader"],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "apikeys.context.shell",
            ],
        },
    },
]

# Database and cache ---------------------------------------------------------------------------------------------------

DATABASES = {"default": read("DATABASE_URL", env.db_url, default=f"sqlite:///{DATA_DIR / 'db.sqlite3'}")}
DATABASES["default"] |= {"ATOMIC_REQUESTS": False, "CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}
ENGINE = DATABASES["default"].get("ENGINE", "")
if ENGINE == "django.db.backends.sqlite3":
    # FULL: with NORMAL a power cut may bring a deleted token back. IMMEDIATE: with DEFERRED a second writer fails at
    # once instead of waiting for its turn. The limit: what the log is cut to after a long reader, for whom it grew.
    DATABASES["default"]["OPTIONS"] = {
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA journal_size_limit=16777216;",
        "transaction_mode": "IMMEDIATE",
        "timeout": 5,
    }
elif ENGINE == "django.db.backends.postgresql":
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("options", "-c lock_timeout=5s")
    DATABASES["default"]["OPTIONS"].setdefault("connect_timeout", 2)
else:
    raise wrong("DATABASE_URL", "must begin with sqlite:// or postgres://")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# The database by default: a cache in the memory of each process would multiply every sign-in limit by their number.
CACHES = {"default": read("CACHE_URL", env.cache_url, default="dbcache://cache")}
if CACHES["default"]["BACKEND"] == "django.core.cache.backends.redis.RedisCache":
    CACHES["default"]["BACKEND"] = "apikeys.cache.Cache"
    CACHES["table"] = env.cache_url_config("dbcache://cache")  # stands in for Redis

# Of each calling key of the JSON API.
API_REQUESTS_A_MINUTE = read("API_REQUESTS_A_MINUTE", env.int, default=1200)

# Sign-in --------------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "apikeys.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["apikeys.hashing.PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "apikeys.sign_in.Adapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_FORMS = {
    "login": "apikeys.sign_in.SignInForm",
    "reset_password": "apikeys.sign_in.ForgottenPasswordForm",
    "reset_password_from_key": "apikeys.sign_in.NewPasswordForm",
}
# allauth's own generator writes EmailAddress rows: an address that staff replaced would go on opening the user.
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105
PASSWORD_RESET_TIMEOUT = 60 * 60

# Absolute; apikeys.middleware.SessionLimits keeps both limits.
SESSION_ENGINE = "apikeys.sessions"
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_IDLE_AGE = 30 * 60
SESSION_COOKIE_NAME = "__Host-sessionid" if HTTPS else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken" if HTTPS else "csrftoken"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "apikeys.views.errors.csrf_failure"
# In the session, not in a cookie, which anybody at the browser could read.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

EMAIL_CONFIG = read("EMAIL_URL", env.email_url, default="consolemail://")
vars().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = read("DEFAULT_FROM_EMAIL", env.str, default="API Keys <apikeys@localhost>")

# Security -------------------------------------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],  # the icon of a page
        "connect-src": [SELF],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]  # asked by address, behind the proxy
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500

# Words, dates, files --------------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("pt-br", "Português"), ("es", "Español")]
LANGUAGE_COOKIE_NAME = "language"
# The words of templates/ and config/ are beside those of the app.
LOCALE_PATHS = [BASE_DIR / "apikeys" / "locale"]
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {"staticfiles": {"BACKEND": "config.storage.Storage"}}
if DEBUG:
    STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_KEEP_ONLY_HASHED_FILES = True  # pages ask for no others
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_ADD_HEADERS_FUNCTION = add_policy

LOG_LEVEL = choice("LOG_LEVEL", ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], default="INFO")
# Every line of every logger passes the formatter that masks tokens, the server's access log included.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {"()": "apikeys.logs.Masked", "format": "%(asctime)s %(levelname)s %(name)s: %(message)s"},
        "json": {"()": "apikeys.logs.MaskedJSON"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": choice("LOG_FORMAT", ["text", "json"], default="text"),
        }
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        # uvicorn has configured its own loggers before, and Django its server's.
        **{
            name: {"handlers": [], "level": "NOTSET", "propagate": True}
            for name in ["django", "django.server", "uvicorn"]
        },
        # A line a request costs a check a third of its speed. Where nobody would write it, uvicorn does not make it.
        "uvicorn.access": {"handlers": [], "level": "NOTSET", "propagate": LOG_LEVEL in ("DEBUG", "INFO")},
    },
}
