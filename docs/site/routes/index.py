from routes._base import Layout
from routes._documents import document
from routes._home import Hero

page = document("index")

t"""<{Layout} title="Documentation" here="index" document={page}><{Hero} />{page.content}</{Layout}>"""
