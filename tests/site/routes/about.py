from models import Harbour

harbour = Harbour.called("east")

t"""
<html>
<body>
    <h2>Who runs {harbour.name}</h2>
    <p>Since {harbour.founded}</p>
</body>
</html>
"""
