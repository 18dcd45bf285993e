"""The shape of what comes in: commands (strict pydantic models), shared text types, errors as sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from app.core.language import _, ngettext
from app.core.text import many_lines, one_line

MAX_ID = 2**63 - 1
BODY_LENGTH = 200_000


class Command(BaseModel):
    """What somebody wants done; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True)


def _none_if_empty(value: Any) -> Any:
    return None if value == "" else value


def _chosen(value: Any) -> Any:
    if value == "":
        raise PydanticCustomError("missing", "missing")
    return value


def _printable(value: str) -> str:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise PydanticCustomError("unwritable", "unwritable") from error
    if "\x00" in value:
        raise PydanticCustomError("unwritable", "unwritable")
    return value


T = TypeVar("T")
# A type whose empty form field means None.
Maybe = Annotated[T | None, BeforeValidator(_none_if_empty)]
Id = Annotated[int, Field(ge=1, le=MAX_ID), BeforeValidator(_chosen)]
OptionalId = Maybe[Id]
Line = Annotated[str, AfterValidator(_printable), AfterValidator(one_line)]
Lines = Annotated[str, AfterValidator(_printable), AfterValidator(many_lines), Field(max_length=BODY_LENGTH)]
Title = Annotated[Line, Field(min_length=1, max_length=200)]


def _too_long(context: Mapping[str, Any]) -> str:
    return ngettext("At most %(num)s character.", "At most %(num)s characters.", context["max_length"])


def _is_text(context: Mapping[str, Any]) -> bool:
    """Limits behind a validator of ours are told by pydantic in the words of lists."""
    return context.get("field_type") == "Value"


def _too_short(context: Mapping[str, Any]) -> str:
    if context["min_length"] <= 1:
        return _("Please fill in this field.")
    return ngettext("At least %(num)s character.", "At least %(num)s characters.", context["min_length"])


# One sentence for each kind of error; texts are made when they are read, in the reader's language.
SENTENCES: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "missing": lambda c: _("Please fill in this field."),
    "extra_forbidden": lambda c: _("This field is not known here."),
    "string_too_long": _too_long,
    "string_too_short": _too_short,
    "too_long": lambda c: _too_long(c) if _is_text(c) else _("Too many entries."),
    "too_short": lambda c: _too_short(c) if _is_text(c) else _("Please choose at least one."),
    "enum": lambda c: _("Please choose one of the given options."),
    "literal_error": lambda c: _("Please choose one of the given options."),
    "int_parsing": lambda c: _("Please enter a whole number."),
    "int_type": lambda c: _("Please enter a whole number."),
    "int_parsing_size": lambda c: _("This number is too large."),
    "greater_than_equal": lambda c: _("At least %(n)s.", n=c["ge"]),
    "less_than_equal": lambda c: _("At most %(n)s.", n=c["le"]),
    "bool_parsing": lambda c: _("Please answer yes or no."),
    "date_from_datetime_parsing": lambda c: _("Please enter a date such as 2026-11-20."),
    "date_parsing": lambda c: _("Please enter a date such as 2026-11-20."),
    "value_error.email": lambda c: _("Please enter an e-mail address such as name@company.example."),
    "unwritable": lambda c: _("This text contains characters that cannot be stored."),
    "repeated": lambda c: _("This field was sent twice."),
    "string_type": lambda c: _("Please enter text."),
}


def sentence(error: Mapping[str, Any]) -> str:
    """One pydantic error as a sentence in the reader's language."""
    kind = str(error["type"])
    context: Mapping[str, Any] = error.get("ctx") or {}
    if kind == "value_error" and "email" in str(error.get("msg", "")):
        kind = "value_error.email"
    if kind in SENTENCES:
        return SENTENCES[kind](context)
    if "sentence" in context:
        return _(str(context["sentence"]))
    return _("This entry is not valid.")


def sentences(error: ValidationError) -> dict[str, list[str]]:
    """All errors of a failed parse: field name → sentences."""
    problems: dict[str, list[str]] = {}
    for one in error.errors(include_url=False, include_input=False):
        field = str(one["loc"][0]) if one["loc"] else ""
        text = sentence(one)
        if text not in problems.setdefault(field, []):
            problems[field].append(text)
    return problems


def refuse(message: str) -> PydanticCustomError:
    """For validators of commands: an error that reads as this sentence (mark it with N_ for translation).

    Args:
        message: the English source sentence, translated when it is shown.
    """
    return PydanticCustomError("refused", "refused", {"sentence": message})


def N_(message: str) -> str:
    """Mark a sentence for translation where it is named but not yet said."""
    return message


def first_of(values: Sequence[str]) -> str:
    return values[0] if values else ""
