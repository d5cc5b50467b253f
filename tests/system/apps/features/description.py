"""The description of all of these."""

from typhon import openapi

openapi("The features of Typhon")
