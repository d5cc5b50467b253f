"""httpbin, the Flask application that the tests of the requests library talk to, below a path."""

import httpbin

from typhon import mount

mount("/python/bin", httpbin.app)
