"""Everything in this folder is for the owner who is logged in."""

from hyperpy import Depends
from routes_example._owners import current_owner

Depends(current_owner)
