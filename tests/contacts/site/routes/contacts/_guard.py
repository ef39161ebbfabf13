from hyperpy import Depends

from accounts import current_user

Depends(current_user)
