"""An uploaded file, as a type that pydantic knows."""

from typing import Any

from starlette.datastructures import UploadFile as StarletteUpload

from hyperpy.lazy import pydantic, pydantic_core


class UploadFile(StarletteUpload):
    """A file that was uploaded with a form: `filename`, `content_type`, `size`, and `await file.read()`.

    It is closed at the end of the request. Declare it in the model of a form, or with `File()`.
    """

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: Any, handler: pydantic.GetCoreSchemaHandler
    ) -> pydantic_core.CoreSchema:
        return pydantic_core.core_schema.is_instance_schema(cls, cls_repr="file")
