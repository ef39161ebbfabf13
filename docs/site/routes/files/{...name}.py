from hyperpy import FileResponse, HTTPException

from routes._documents import pictures_and_data

name: str
files = pictures_and_data()

if name not in files:
    raise HTTPException(404)


def static_paths():
    return [{"name": name} for name in pictures_and_data()]


response = FileResponse(files[name])
