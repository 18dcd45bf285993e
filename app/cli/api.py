"""`flask api`: what the interface for programs can do, as files for other tools."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import with_appcontext


@click.group()
def api() -> None:
    """The interface for programs."""


@api.command("openapi")
@with_appcontext
def openapi() -> None:
    """Write the OpenAPI document to the standard output."""
    _write(as_collection=False)


@api.command("postman")
@with_appcontext
def postman() -> None:
    """Write the Postman collection to the standard output."""
    _write(as_collection=True)


def _write(*, as_collection: bool) -> None:
    click.echo(current_app.extensions["api_documents"](as_collection=as_collection).decode())
