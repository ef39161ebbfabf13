"""Everything in this folder is for users who have logged in."""

from hyperpy import Depends

from accounts import current_user

Depends(current_user)
