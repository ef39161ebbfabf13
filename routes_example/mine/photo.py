"""The owner's photo. Nobody else gets it: the guard of this folder has run before."""

from hyperpy import Depends, HTTPException, Response
from routes_example._owners import Owner, current_owner

owner: Owner = Depends(current_owner)

if owner.photo is None:
    raise HTTPException(404)

response = Response(owner.photo.content, media_type=owner.photo.media_type)
