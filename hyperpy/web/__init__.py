"""What every site needs: static files, redirects."""
