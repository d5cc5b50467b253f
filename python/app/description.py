"""The description of this application at /openapi.json, and a page to try it at /docs.

Left out where the packages that it needs are not installed.
"""

from importlib.util import find_spec

from typhon import openapi

if find_spec("msgspec") and find_spec("swagger_ui"):
    openapi("The example application of Typhon", version="1.0")
