from hyperpy import Depends

from accounts import api_user

Depends(api_user)
