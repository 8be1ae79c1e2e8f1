"""The pages' types are those of the room's messages."""

from pathlib import Path
from types import ModuleType
from typing import get_args

import pytest
from msgspec import Struct

from streamer.room import messages, schema


def test_the_generated_types_are_current() -> None:
    current = schema.TARGET.read_text(encoding="utf-8")
    assert current == schema.typescript(), "run: python -m streamer.room.schema"


@pytest.mark.parametrize("union", schema.UNIONS)
def test_every_message_has_an_interface_told_apart_by_its_type(union: str) -> None:
    text = schema.typescript()
    for member in get_args(getattr(messages, union)):
        assert f"export interface {member.__name__} {{" in text
        assert f'readonly type: "{member.__struct_config__.tag}";' in text


def test_what_a_page_may_leave_out_is_optional_and_what_it_gets_is_not() -> None:
    text = schema.typescript()
    begin = text[text.index("export interface StrokeBegin ") :]
    assert "readonly done?: boolean;" in begin[: begin.index("}")]
    stroke = text[text.index("export interface Stroke ") :]
    assert "readonly done: boolean;" in stroke[: stroke.index("}")]


def test_what_a_page_gets_has_a_shape_to_be_checked_against() -> None:
    shapes = schema.typescript().partition("export const SHAPES")[2]
    assert 'anchor: { nullable: { struct: "Anchor" } }' in shapes
    assert 'points: { list: { tuple: ["number", "number"] } }' in shapes
    assert "StrokeBegin:" not in shapes, "the server never sends it"


def test_a_type_without_a_form_in_typescript_is_refused() -> None:
    class Odd(Struct, tag="odd", frozen=True):
        raw: bytes

    class Even(Struct, tag="even", frozen=True):
        count: int

    module = ModuleType("odd")
    for union in schema.UNIONS:
        setattr(module, union, Odd | Even)
    with pytest.raises(TypeError, match="no TypeScript form"):
        schema.typescript(module)


def test_check_tells_whether_the_file_is_current(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "messages.gen.ts"
    monkeypatch.setattr(schema, "TARGET", target)
    assert schema.main(["--check"]) == 1
    assert schema.main([]) == 0
    assert schema.main(["--check"]) == 0
    assert b"\r" not in target.read_bytes()
