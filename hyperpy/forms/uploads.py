"""An uploaded file, as a type that pydantic knows."""

from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema
from starlette.datastructures import UploadFile as StarletteUpload


class UploadFile(StarletteUpload):
    """A file that was uploaded with a form: `filename`, `content_type`, `size`, and `await file.read()`.

    It is closed at the end of the request. Declare it in the model of a form, or with `File()`.
    """

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.is_instance_schema(cls, cls_repr="file")
