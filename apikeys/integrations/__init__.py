"""For Django projects that have the app's database: views that ask for an API key. docs/integrations.md shows them."""

from .decorator import api_key_required
from .identity import Identity, Refused, identify

__all__ = ["Identity", "Refused", "api_key_required", "identify"]
