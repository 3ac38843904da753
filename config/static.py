from django.contrib.staticfiles.apps import StaticFilesConfig


class StaticFiles(StaticFilesConfig):
    """Collect what pages ask for: not the second viewer that django-ninja brings, nor the map of Swagger's script."""

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "redoc.*", "swagger-ui-bundle.js.map"]
