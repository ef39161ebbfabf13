"""The parts that every site needs: static files, redirects, error responses and the browser module."""
