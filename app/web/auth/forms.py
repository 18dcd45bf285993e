"""What the forms of this door send."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from app.accounts.addresses import Address
from app.accounts.schemas import Password
from app.core.schema import Command, Line

Next = Annotated[Line, Field(max_length=500)]


class NextQuery(Command):
    """Where to go afterwards; judged by `app.web.kit.page.safe_next`."""

    next: Next = ""


class MicrosoftQuery(NextQuery):
    """``other``: ask which account, even with a session at Microsoft."""

    other: bool = False


class SignInForm(NextQuery):
    email: Annotated[Line, Field(min_length=1, max_length=254)]
    password: Password


class AddressForm(NextQuery):
    email: Address


class CodeForm(NextQuery):
    code: Annotated[Line, Field(min_length=1, max_length=60)]


class ForgotForm(Command):
    email: Address


class NewPasswordForm(Command):
    password: Password


class ChangePasswordForm(Command):
    current: Password
    password: Password


class ConfirmPasswordForm(NextQuery):
    password: Password


class LanguageForm(NextQuery):
    language: Literal["de", "en"]


class EnrolForm(Command):
    """``key`` is the secret the page showed, sealed for this person."""

    key: Annotated[Line, Field(max_length=1000)]
    code: Annotated[Line, Field(min_length=1, max_length=20)]
